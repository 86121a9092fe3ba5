// A file that an upload is written into, before it has its name.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <sluice/unique_fd.h>

#include "files/file_state.h"

namespace sluice {

// Made by UploadDirectory::begin(), given its name by publish(). Destroying it leaves nothing
// behind; that may block, since it frees what the file takes on the disk: on a worker, if it can
// be.
class UploadFile {
 public:
  UploadFile(UploadFile&& other) noexcept
      : fd_(std::move(other.fd_)),
        parent_(std::move(other.parent_)),
        parent_path_(std::move(other.parent_path_)),
        missing_(std::move(other.missing_)),
        name_(std::move(other.name_)),
        target_(other.target_),
        unnamed_(other.unnamed_),
        temporary_(std::move(other.temporary_)) {}
  UploadFile& operator=(UploadFile&&) = delete;
  ~UploadFile() { temporary_.remove(); }

  // For writing; its position is not used.
  int fd() const noexcept { return fd_.get(); }

 private:
  friend class UploadDirectory;
  friend class UploadStore;

  // A name that the file has until it gets its own, and what says that it may be removed.
  struct Temporary {
    Temporary() noexcept = default;
    Temporary(Temporary&& other) noexcept { *this = std::move(other); }
    Temporary& operator=(Temporary&& other) noexcept {
      std::swap(staging, other.staging);
      std::swap(name, other.name);
      std::swap(beside_file, other.beside_file);
      return *this;
    }
    ~Temporary() = default;

    // The name, and the note, are gone after that. Idempotent.
    void remove() noexcept;
    // Where the name is.
    int directory() const noexcept { return beside_file ? beside_file.get() : staging->get(); }

    std::shared_ptr<const UniqueFd> staging;  // null: the file has no name
    std::string name;
    UniqueFd beside_file;  // if any, the directory of the name, and the note is in `staging`
  };

  UploadFile() noexcept = default;

  UniqueFd fd_;
  UniqueFd parent_;          // where the file belongs, or the lowest one above that is there
  std::string parent_path_;  // of that, below the root
  std::string missing_;      // the path from there to where it belongs: for publish() to make
  std::string name_;         // the last one of its path
  std::optional<FileState> target_;
  std::optional<FileState> unnamed_;  // what has lost that name, by this
  Temporary temporary_;
};

}  // namespace sluice
