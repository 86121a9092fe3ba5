#include "transfer/socket_readiness.h"

#include <cerrno>

namespace sluice {

Task<Result<Readiness::Wake>> SocketReadiness::wait(unsigned events,
                                                    uint64_t patience_ms) noexcept {
  if (const Result<void> checked = check(); !checked) {
    Task<void> settling = settle();
    co_await settling;
    co_return std::unexpected(checked.error());
  }
  if (!poll_) {
    socket_.deadline().arm_progress(progress_ms_);
    passed_before_ = false;
    poll_.emplace(socket_.reactor(), fd(), events);
  }
  if (patience_ms == kPatient) {
    co_await *poll_;
  } else if (patience_ms == 0 || !co_await poll_->within(patience_ms)) {
    co_return Wake::kImpatient;
  }
  poll_.reset();
  if (const Result<void> checked = check(); !checked) co_return std::unexpected(checked.error());
  co_return Wake::kReady;
}

Task<void> SocketReadiness::settle() noexcept {
  if (!poll_) co_return;
  if (!poll_->done()) request_cancel(socket_.reactor(), *poll_);
  co_await *poll_;
  poll_.reset();
}

Result<void> SocketReadiness::check() const noexcept {
  if (passed_before_ || !socket_.deadline().passed()) return {};
  return std::unexpected(socket_.error(ETIME, "poll"));
}

}  // namespace sluice
