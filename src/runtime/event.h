// A coroutine waits for something that another one of the same reactor does.
#pragma once

#include <coroutine>
#include <cstdint>

#include "runtime/reactor.h"

namespace sluice {

// At most one coroutine waits at a time. notify() without a waiter is forgotten: who waits checks
// its condition first, in a loop.
class Event {
 public:
  explicit Event(Reactor& reactor) noexcept : reactor_(reactor) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { SLUICE_ASSERT(waiter_ == nullptr); }

  void notify() noexcept {
    if (waiter_ == nullptr) return;
    reactor_.make_ready(*waiter_);
    waiter_ = nullptr;
  }

  class Awaiter : private Resumable {
   public:
    explicit Awaiter(Event& event) noexcept : event_(event) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> awaiting) noexcept {
      SLUICE_ASSERT(event_.waiter_ == nullptr);
      coroutine = awaiting;
      event_.waiter_ = this;
    }
    void await_resume() const noexcept {}

   private:
    Event& event_;
  };

  Awaiter wait() noexcept { return Awaiter(*this); }

 private:
  Reactor& reactor_;
  Resumable* waiter_ = nullptr;
};

}  // namespace sluice
