// More bytes than 32 bits count, of which next to none take room.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <sluice/unique_fd.h>

#include "support/temporary_directory.h"
#include "transfer/ends.h"

namespace sluice {

inline constexpr uint64_t kLargeBytes = (5ULL << 30U) + 3;

// What a machine can give to programs without pushing something out of memory (MemAvailable,
// proc_meminfo(5)).
uint64_t available_memory_bytes();

// kLargeBytes of zeros between marks, of which each says where it is: on both sides of and across
// what 31 and 32 bits count, at the ends, and at all distances from the edges of pages and MiB.
// Throws std::system_error where there are no addresses for it.
class LargeContent {
 public:
  LargeContent();
  ~LargeContent();
  LargeContent(const LargeContent&) = delete;
  LargeContent& operator=(const LargeContent&) = delete;

  std::string_view bytes() const noexcept { return {bytes_, kLargeBytes}; }

  // What a source of `kind` needs, files as holes. Refers to bytes(). Throws std::system_error.
  StoredBytes stored_for(SourceKind kind,
                         const testing_support::TemporaryDirectory& directory) const;

  // Memory that stored_for() takes for `kind`, and that transfers out of it may take from then on.
  static uint64_t stored_memory_bytes(SourceKind kind) noexcept;

 private:
  // Makes an empty file have the bytes from `begin` on.
  void fill(int fd, uint64_t begin) const;

  std::vector<uint64_t> marks_;
  char* bytes_;
};

}  // namespace sluice
