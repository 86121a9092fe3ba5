// Keeps a file that is written once from staying in the page cache.
#pragma once

#include <cstdint>

#include "runtime/reactor.h"
#include "runtime/task.h"

namespace sluice {

// Follows a transfer into a file: whenever kWindowBytes more were written they are brought to the
// disk and dropped from the page cache (sync_file_range(2), posix_fadvise(2)), so the transfer has
// the pace of the disk from then on. Nothing of it is a promise that the file survives a crash;
// errors of the disk are left for fsync(2) to tell. The descriptor must stay open.
class WriteBehind {
 public:
  static constexpr uint32_t kWindowBytes = 8 * 1024 * 1024;

  WriteBehind(Reactor& reactor, int fd, uint64_t offset) noexcept
      : reactor_(reactor), fd_(fd), dropped_(offset) {}

  // Everything before `offset` has been written.
  Task<void> written_up_to(uint64_t offset) noexcept;

  // Nothing more will be written; `offset` as above.
  Task<void> finish(uint64_t offset) noexcept;

 private:
  Task<void> drop(uint32_t bytes) noexcept;

  Reactor& reactor_;
  const int fd_;
  uint64_t dropped_;  // up to here
};

}  // namespace sluice
