#include "transfer/drop_behind.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/page_size.h"
#include "io/file_operations.h"

namespace sluice {

namespace {

uint64_t size_of(int fd) noexcept {
  struct stat status;
  return fstat(fd, &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

}  // namespace

DropBehind::DropBehind(Reactor& reactor, int fd, uint64_t offset, uint64_t length) noexcept
    : reactor_(reactor),
      fd_(fd),
      begin_(offset),
      end_(std::max(offset, std::min(size_of(fd), offset + length + kAheadBytes))),
      sent_(offset),
      dropped_(offset),
      looked_at_(offset) {
  look_ahead();
}

uint64_t DropBehind::granule_end(uint64_t offset) const noexcept {
  return std::min(end_, offset - offset % kGranuleBytes + kGranuleBytes);
}

void DropBehind::look_ahead() noexcept {
  const uint64_t until = std::min(end_, sent_ + kStepBytes + kAheadBytes);
  while (looked_at_ < until) {
    const uint64_t next = granule_end(looked_at_);
    const uint64_t bytes = next - looked_at_;
    const ssize_t found = reactor_.ring().direct().cached_pages(fd_, looked_at_, bytes);
    const bool cached = found >= 0 && static_cast<uint64_t>(found) >= pages_of(looked_at_, bytes);
    not_ours_[number_of(looked_at_)] = cached;
    looked_at_ = next;
  }
}

Task<void> DropBehind::sent_up_to(uint64_t offset) noexcept {
  sent_ = offset;
  look_ahead();
  if (offset - begin_ < kBehindBytes) co_return;
  const uint64_t behind = offset - kBehindBytes;
  Task<void> dropping = drop_before(behind - behind % kGranuleBytes);
  co_await dropping;
}

Task<void> DropBehind::finish() noexcept {
  const uint64_t again = sent_ - std::min(sent_ - begin_, kAgainBytes);
  dropped_ = std::min(dropped_, std::max(begin_, again - again % kGranuleBytes));
  Task<void> dropping = drop_before(looked_at_);
  co_await dropping;
}

Task<void> DropBehind::drop_before(uint64_t offset) noexcept {
  // A file that has grown, or said that it was empty (proc(5)), may be sent beyond its old end.
  offset = std::min(offset, end_);
  while (dropped_ < offset) {
    if (not_ours_[number_of(dropped_)]) {
      dropped_ = granule_end(dropped_);
      continue;
    }
    const uint64_t begin = dropped_;
    while (dropped_ < offset && !not_ours_[number_of(dropped_)]) {
      dropped_ = std::min(offset, granule_end(dropped_));
    }
    // By a worker: it may wait for other processors to let go of pages.
    Advise dropping(reactor_, fd_, begin, static_cast<uint32_t>(dropped_ - begin),
                    POSIX_FADV_DONTNEED);
    co_await dropping;
  }
}

}  // namespace sluice
