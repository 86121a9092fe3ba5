#include "server/receive_readiness.h"

#include <cerrno>

namespace sluice {

Task<Result<Readiness::Wake>> ReceiveReadiness::wait(unsigned events,
                                                     uint64_t patience_ms) noexcept {
  if (const Result<void> checked = check(); !checked) co_return std::unexpected(checked.error());
  if (!poll_) {
    socket_.deadline().arm(progress_ms_, Deadline::Ends::kReceiving);
    poll_.emplace(socket_.reactor(), fd(), events);
  }
  if (patience_ms == kPatient) {
    co_await *poll_;
  } else if (patience_ms == 0 || !co_await poll_->within(patience_ms)) {
    co_return Wake::kImpatient;
  }
  poll_.reset();
  // A slow disk is not the client's doing.
  socket_.deadline().disarm();
  if (socket_.deadline().passed()) timeouts_.increment();
  if (const Result<void> checked = check(); !checked) co_return std::unexpected(checked.error());
  co_return Wake::kReady;
}

Task<void> ReceiveReadiness::settle() noexcept {
  if (!poll_) co_return;
  if (!poll_->done()) request_cancel(socket_.reactor(), *poll_);
  co_await *poll_;
  poll_.reset();
  socket_.deadline().disarm();
}

Result<void> ReceiveReadiness::check() const noexcept {
  if (socket_.deadline().passed()) return std::unexpected(socket_.error(ETIME, "poll"));
  return {};
}

}  // namespace sluice
