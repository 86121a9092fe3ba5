// An operation with one completion, as an awaitable.
#pragma once

#include <coroutine>
#include <cstdint>

#include "ring/operation.h"
#include "runtime/reactor.h"

namespace sluice {

// Prepared by the constructor of a derived class (io/operations.h), so it is under way before it is
// awaited:
//   Send send(reactor, socket, bytes);      // named: it lives in the awaiting frame
//   const int sent = co_await send;         // bytes, or a negative errno
// Must not be destroyed before it is done.
class OneShot : public Operation {
 public:
  explicit OneShot(Reactor& reactor) noexcept : reactor_(reactor) {}

  bool done() const noexcept { return !in_flight(); }

  // REQUIRES: done().
  int result() const noexcept { return result_; }
  unsigned part() const noexcept { return part_; }  // of a chain: which entry the result is of

  class Awaiter : private Resumable {
   public:
    explicit Awaiter(OneShot& operation) noexcept : operation_(operation) {}
    bool await_ready() const noexcept { return operation_.done(); }
    void await_suspend(std::coroutine_handle<> awaiting) noexcept {
      coroutine = awaiting;
      operation_.waiter_ = this;
    }
    int await_resume() const noexcept { return operation_.result_; }

   private:
    OneShot& operation_;
  };

  // Waits at most `timeout_ms`: true when the operation is done, false when it is still under way.
  class BoundedAwaiter : private Resumable, private Timer {
   public:
    BoundedAwaiter(OneShot& operation, uint64_t timeout_ms) noexcept
        : operation_(operation), timeout_ms_(timeout_ms) {}
    bool await_ready() const noexcept { return operation_.done(); }
    void await_suspend(std::coroutine_handle<> awaiting) noexcept {
      coroutine = awaiting;
      operation_.waiter_ = this;
      operation_.reactor_.set_timer(*this, timeout_ms_);
    }
    bool await_resume() noexcept {
      operation_.reactor_.timers().cancel(*this);
      return operation_.done();
    }

   private:
    void expire() noexcept override {
      if (operation_.waiter_ != this) return;  // completed in this very turn
      operation_.waiter_ = nullptr;
      operation_.reactor_.make_ready(*this);
    }

    OneShot& operation_;
    const uint64_t timeout_ms_;
  };

  Awaiter operator co_await() noexcept { return Awaiter(*this); }
  BoundedAwaiter within(uint64_t timeout_ms) noexcept { return {*this, timeout_ms}; }

 protected:
  ~OneShot() = default;

  Reactor& reactor() noexcept { return reactor_; }

 private:
  void complete(Completion completion) noexcept override {
    result_ = completion.result;
    part_ = completion.part;
    if (waiter_ != nullptr) {
      reactor_.make_ready(*waiter_);
      waiter_ = nullptr;
    }
  }

  Reactor& reactor_;
  Resumable* waiter_ = nullptr;  // who is to be resumed, null exactly when nobody waits
  int result_ = 0;
  unsigned part_ = 0;
};

}  // namespace sluice
