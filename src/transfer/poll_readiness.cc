#include "transfer/poll_readiness.h"

#include <algorithm>

namespace sluice {

Task<Result<Readiness::Wake>> PollReadiness::wait(unsigned events, uint64_t patience_ms) noexcept {
  Result<void> goes_on = check();
  if (goes_on) {
    if (!poll_) {
      begin_poll();
      poll_.emplace(reactor_, fd(), events);
    }
    const uint64_t wait_ms = std::min(patience_ms, left_ms());
    bool done = poll_->done();
    if (wait_ms == kPatient) {
      co_await *poll_;
      done = true;
    } else if (wait_ms > 0) {
      done = co_await poll_->within(wait_ms);
    }
    if (done) {
      poll_.reset();
      end_poll();
    }
    goes_on = check();
    if (goes_on) co_return done ? Wake::kReady : Wake::kImpatient;
  }
  Task<void> settling = settle();
  co_await settling;
  co_return std::unexpected(goes_on.error());
}

Task<void> PollReadiness::settle() noexcept {
  if (!poll_) co_return;
  take_back();
  co_await *poll_;
  poll_.reset();
  end_poll();
}

void PollReadiness::take_back() noexcept {
  if (poll_ && !poll_->done()) request_cancel(reactor_, *poll_);
}

}  // namespace sluice
