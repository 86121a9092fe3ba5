#include "io/file_operations.h"

#include <fcntl.h>
#include <liburing.h>

#include <algorithm>
#include <climits>

namespace sluice {

namespace {

// As much as one call moves.
unsigned size_of(size_t bytes) noexcept {
  return static_cast<unsigned>(std::min<size_t>(bytes, INT_MAX));
}

}  // namespace

ReadAt::ReadAt(Reactor& reactor, int file, std::span<char> buffer, uint64_t offset) noexcept
    : OneShot(reactor) {
  io_uring_prep_read(&reactor.ring().prepare(*this), file, buffer.data(), size_of(buffer.size()),
                     offset);
}

WriteAt::WriteAt(Reactor& reactor, int file, std::span<const char> bytes, uint64_t offset) noexcept
    : OneShot(reactor) {
  io_uring_prep_write(&reactor.ring().prepare(*this), file, bytes.data(), size_of(bytes.size()),
                      offset);
}

SpliceInto::SpliceInto(Reactor& reactor, int pipe, int file, uint64_t offset,
                       uint32_t bytes) noexcept
    : OneShot(reactor) {
  constexpr int64_t kOfPipe = -1;
  io_uring_prep_splice(&reactor.ring().prepare(*this), pipe, kOfPipe, file,
                       static_cast<int64_t>(offset), bytes, SPLICE_F_NONBLOCK);
}

SyncRange::SyncRange(Reactor& reactor, int file, uint64_t offset, uint32_t bytes) noexcept
    : OneShot(reactor) {
  io_uring_prep_sync_file_range(
      &reactor.ring().prepare(*this), file, bytes, offset,
      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

Advise::Advise(Reactor& reactor, int file, uint64_t offset, uint32_t bytes, int advice) noexcept
    : OneShot(reactor) {
  io_uring_prep_fadvise(&reactor.ring().prepare(*this), file, offset, bytes, advice);
}

}  // namespace sluice
