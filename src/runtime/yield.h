// Letting others go first.
#pragma once

#include <coroutine>

#include "runtime/reactor.h"

namespace sluice {

//   Yield yield(reactor);
//   co_await yield;         // goes on when what is ready now has been resumed
class Yield : private Resumable {
 public:
  explicit Yield(Reactor& reactor) noexcept : reactor_(reactor) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) noexcept {
    coroutine = awaiting;
    reactor_.make_ready(*this);
  }
  void await_resume() const noexcept {}

 private:
  Reactor& reactor_;
};

}  // namespace sluice
