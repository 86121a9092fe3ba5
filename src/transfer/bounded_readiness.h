// Waits for a socket or a pipe of a program's own, until its transfer must end.
#pragma once

#include "transfer/poll_readiness.h"
#include "transfer/transfer_bounds.h"

namespace sluice {

// A deadline or a cancellation takes the poll back, and leaves the descriptor as it is.
class BoundedReadiness final : public PollReadiness {
 public:
  // `fd` is non-blocking. `bounds` outlives this.
  BoundedReadiness(const TransferBounds& bounds, int fd) noexcept
      : PollReadiness(bounds.reactor(), fd),
        bounds_(bounds),
        cancelling_(bounds.cancellation(), *this),
        ending_(bounds.ending(), *this) {}

  Error error(int system_errno, const char* operation) const noexcept override;
  Result<void> check() const noexcept override { return bounds_.check(); }

  // True once error() was asked: then it is this end that has failed.
  bool failed() const noexcept { return failed_; }

 private:
  // Waits for one of those who may end the transfer; for none where `by` is null.
  class Canceller final : private Cancellation::Waiter {
   public:
    Canceller(Cancellation* by, BoundedReadiness& readiness) noexcept
        : by_(by), readiness_(readiness) {}

    void wait() noexcept {
      if (by_ != nullptr) by_->add(*this);
    }
    void leave() noexcept {
      if (by_ != nullptr) by_->remove(*this);
    }

   private:
    void cancelled() noexcept override { readiness_.take_back(); }

    Cancellation* const by_;
    BoundedReadiness& readiness_;
  };

  void begin_poll() noexcept override;
  void end_poll() noexcept override;
  uint64_t left_ms() const noexcept override { return bounds_.left_ms(); }

  const TransferBounds& bounds_;
  Canceller cancelling_;
  Canceller ending_;
  mutable bool failed_ = false;
};

}  // namespace sluice
