#include "transfer/write_behind.h"

#include <fcntl.h>

#include "io/file_operations.h"

namespace sluice {

Task<void> WriteBehind::written_up_to(uint64_t offset) noexcept {
  while (offset - dropped_ >= kWindowBytes) {
    Task<void> dropping = drop(kWindowBytes);
    co_await dropping;
  }
}

Task<void> WriteBehind::finish(uint64_t offset) noexcept {
  Task<void> dropping = written_up_to(offset);
  co_await dropping;
  if (offset == dropped_) co_return;
  Task<void> rest = drop(static_cast<uint32_t>(offset - dropped_));
  co_await rest;
}

Task<void> WriteBehind::drop(uint32_t bytes) noexcept {
  SyncRange syncing(reactor_, fd_, dropped_, bytes);
  co_await syncing;
  Advise advising(reactor_, fd_, dropped_, bytes, POSIX_FADV_DONTNEED);
  co_await advising;
  dropped_ += bytes;
}

}  // namespace sluice
