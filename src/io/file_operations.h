// What is done to files through the ring, since it may wait for a disk: on io-wq workers where it
// does. As io/operations.h.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/one_shot.h"

namespace sluice {

// pread(2).
class ReadAt final : public OneShot {
 public:
  ReadAt(Reactor& reactor, int file, std::span<char> buffer, uint64_t offset) noexcept;
};

// pwrite(2).
class WriteAt final : public OneShot {
 public:
  WriteAt(Reactor& reactor, int file, std::span<const char> bytes, uint64_t offset) noexcept;
};

// splice(2) from a pipe into a file. It never waits for the pipe (-EAGAIN); 0 at the pipe's end.
class SpliceInto final : public OneShot {
 public:
  SpliceInto(Reactor& reactor, int pipe, int file, uint64_t offset, uint32_t bytes) noexcept;
};

// sync_file_range(2): writes this part of the file to the disk, and waits for that.
class SyncRange final : public OneShot {
 public:
  SyncRange(Reactor& reactor, int file, uint64_t offset, uint32_t bytes) noexcept;
};

// posix_fadvise(2).
class Advise final : public OneShot {
 public:
  Advise(Reactor& reactor, int file, uint64_t offset, uint32_t bytes, int advice) noexcept;
};

}  // namespace sluice
