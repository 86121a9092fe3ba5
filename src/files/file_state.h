// What a file is like at a moment (statx(2)).
#pragma once

#include <cstdint>

#include <sluice/error.h>

namespace sluice {

// What tells one state of a file from another (statx(2)).
struct FileState {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size_bytes = 0;
  int64_t modified_seconds = 0;
  uint32_t modified_nanoseconds = 0;
  int64_t changed_seconds = 0;
  uint32_t changed_nanoseconds = 0;
  uint16_t mode = 0;
  uint32_t link_count = 0;  // a file whose name another one has got has one less

  bool regular() const noexcept { return (mode & 0170000U) == 0100000U; }
  bool directory() const noexcept { return (mode & 0170000U) == 0040000U; }

  // Whether both are of one file with one content, whoever has linked or renamed it since.
  bool same_content_as(const FileState& other) const noexcept {
    return device == other.device && inode == other.inode && size_bytes == other.size_bytes &&
           modified_seconds == other.modified_seconds &&
           modified_nanoseconds == other.modified_nanoseconds;
  }

  friend bool operator==(const FileState&, const FileState&) noexcept = default;
};

// True exactly when the file has no name any more: closing it may free what it takes on its disk.
bool removed(int fd) noexcept;

// The state of an open file. Asks memory only, never a disk or another machine.
Result<FileState> state_of(int fd) noexcept;

// The state of what `path` leads to; links are followed.
Result<FileState> state_at(const char* path) noexcept;

// The state of what has that name in a directory; a link is not followed.
Result<FileState> state_at(int directory, const char* name) noexcept;

// True exactly when a file can be renamed, or linked, from one directory into the other, as far as
// can be told: both are on the same file system, by the same mount (rename(2), EXDEV).
bool same_mount(int directory, int other) noexcept;

// Returns once every later change of a file that is in `state` gives it another change time: at
// once, or after 20 ms when it has just been changed, because a second change within one tick of
// the clock would not show. For a worker, before it reads.
void wait_for_next_tick(const FileState& state) noexcept;

}  // namespace sluice
