#include "transfer/bounded_readiness.h"

#include <algorithm>

namespace sluice {

Task<Result<Readiness::Wake>> BoundedReadiness::wait(unsigned events,
                                                     uint64_t patience_ms) noexcept {
  if (bounds_.check()) {
    if (!poll_) poll_.emplace(bounds_.reactor(), fd(), events);
    const uint64_t wait_ms = std::min(patience_ms, bounds_.left_ms());
    cancelling_.wait();
    ending_.wait();
    bool done = poll_->done();
    if (wait_ms == UINT64_MAX) {
      co_await *poll_;
      done = true;
    } else if (wait_ms > 0) {
      done = co_await poll_->within(wait_ms);
    }
    cancelling_.leave();
    ending_.leave();
    if (bounds_.check()) {
      if (!done) co_return Wake::kImpatient;
      poll_.reset();
      co_return Wake::kReady;
    }
  }
  Task<void> settling = settle();
  co_await settling;
  co_return std::unexpected(bounds_.check().error());
}

Task<void> BoundedReadiness::settle() noexcept {
  if (!poll_) co_return;
  if (!poll_->done()) request_cancel(bounds_.reactor(), *poll_);
  co_await *poll_;
  poll_.reset();
}

Error BoundedReadiness::error(int system_errno, const char* operation) const noexcept {
  if (const Result<void> checked = bounds_.check(); !checked) return checked.error();
  failed_ = true;
  return error_from_errno(system_errno, operation);
}

void BoundedReadiness::take_back() noexcept {
  if (poll_ && !poll_->done()) request_cancel(bounds_.reactor(), *poll_);
}

}  // namespace sluice
