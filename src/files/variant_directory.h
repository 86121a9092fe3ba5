// The directory that variants are kept in: what it may hold, and how something comes into it.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <sluice/error.h>
#include <sluice/unique_fd.h>

#include "files/variant_name.h"

namespace sluice {

// Thread-safe. All but the constructor is for workers.
class VariantDirectory {
 public:
  // Makes the directory (mode 0700), and those above it, if there is none. See problem().
  // `capacity_bytes` is for all variants together, each counted in whole 4 KiB.
  VariantDirectory(const std::string& path, uint64_t capacity_bytes);

  // Nothing, or why the directory cannot be used: it cannot be made or opened, or belongs to or may
  // be written to by others (its group, too), who could put something in a variant's place. Then
  // nothing else here may be called.
  const std::optional<Error>& problem() const noexcept { return problem_; }

  // A file that is being written, and that nobody finds. Removed when this is destroyed, and by
  // sweep() when its process was killed: a lock on it (flock(2)) says that it was not.
  class Temporary {
   public:
    Temporary(Temporary&& other) noexcept
        : directory_(other.directory_), fd_(std::move(other.fd_)), name_(other.name_) {}
    Temporary& operator=(Temporary&&) = delete;
    ~Temporary();

    int fd() const noexcept { return fd_.get(); }

   private:
    friend class VariantDirectory;
    using Name = std::array<char, 32>;

    Temporary(int directory, UniqueFd fd, const Name& name) noexcept
        : directory_(directory), fd_(std::move(fd)), name_(name) {}

    int directory_;
    UniqueFd fd_;
    Name name_;
  };

  Result<Temporary> create() noexcept;

  bool has(const VariantName& name) const noexcept;

  // Gives a complete file its name, over the one that has it, once its content is on the disk
  // (fdatasync(2)), and removes the oldest others where there would be too many bytes. kExhausted,
  // without an errno, when it is larger than all may be.
  Result<void> publish(Temporary temporary, const VariantName& name, uint64_t byte_count,
                       std::stop_token stop) noexcept;

  // Counts what is there; removes the oldest where there is too much, and what killed processes
  // have left. publish() does it first where it has not been done.
  void sweep(std::stop_token stop) noexcept;

 private:
  struct Kept {
    int64_t modified_ns;
    uint64_t charged_bytes;
    std::array<char, 40> name{};
  };

  // With mutex_ held.
  void sweep_for(uint64_t room_bytes, const std::stop_token& stop) noexcept;
  std::vector<Kept> list(const std::stop_token& stop) const;
  void list_folder(const char* folder, std::vector<Kept>& kept) const;
  void remove_if_abandoned(const char* name) const noexcept;

  const uint64_t capacity_bytes_;
  UniqueFd fd_;
  std::optional<Error> problem_;
  std::mutex mutex_;
  uint64_t total_bytes_ = 0;  // as far as this process knows
  bool swept_ = false;
};

}  // namespace sluice
