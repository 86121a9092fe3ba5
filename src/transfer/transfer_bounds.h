// By when a transfer must be over, and who may end it before that.
#pragma once

#include <algorithm>
#include <cstdint>

#include <sluice/transfer.h>

#include "runtime/reactor.h"
#include "transfer/transfer_context.h"

namespace sluice {

// Not thread-safe; outlives what refers to it.
class TransferBounds {
 public:
  // `cancellation` may be null. `context` outlives this.
  TransferBounds(const TransferContext& context, uint64_t deadline_ms,
                 Cancellation* cancellation) noexcept
      : reactor_(context.reactor),
        ends_ms_(reactor_.now_ms() + std::min(deadline_ms, UINT64_MAX - reactor_.now_ms())),
        cancellation_(cancellation),
        ending_(context.ending) {}
  TransferBounds(const TransferBounds&) = delete;
  TransferBounds& operator=(const TransferBounds&) = delete;

  // Milliseconds that are left; UINT64_MAX where there is no deadline.
  uint64_t left_ms() const noexcept {
    if (ends_ms_ == UINT64_MAX) return UINT64_MAX;
    return ends_ms_ - std::min(ends_ms_, reactor_.now_ms());
  }

  // kTimedOut or kCancelled once the transfer must end.
  Result<void> check() const noexcept {
    if (is_cancelled(cancellation_) || is_cancelled(ending_)) {
      return std::unexpected(Error{ErrorCode::kCancelled, 0, "transfer"});
    }
    if (left_ms() == 0) return std::unexpected(Error{ErrorCode::kTimedOut, 0, "transfer"});
    return {};
  }

  // Whether `error` is what check() has said. By the time that all is settled it may say the other
  // one: a deadline passes, and somebody cancels.
  bool are_reason_for(const Error& error) const noexcept {
    const bool by_bounds =
        error.code == ErrorCode::kTimedOut || error.code == ErrorCode::kCancelled;
    return by_bounds && !check();
  }

  Reactor& reactor() const noexcept { return reactor_; }
  Cancellation* cancellation() const noexcept { return cancellation_; }
  // That of the thread (TransferContext::ending); null where there is none.
  Cancellation* ending() const noexcept { return ending_; }

 private:
  static bool is_cancelled(const Cancellation* cancellation) noexcept {
    return cancellation != nullptr && cancellation->cancelled();
  }

  Reactor& reactor_;
  const uint64_t ends_ms_;
  Cancellation* const cancellation_;
  Cancellation* const ending_;
};

}  // namespace sluice
