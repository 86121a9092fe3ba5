// Waiting for time to pass.
#pragma once

#include <coroutine>
#include <cstdint>

#include "runtime/reactor.h"

namespace sluice {

//   Sleep pause(reactor, 50);
//   co_await pause;
class Sleep : private Resumable, private Timer {
 public:
  Sleep(Reactor& reactor, uint64_t duration_ms) noexcept
      : reactor_(reactor), duration_ms_(duration_ms) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) noexcept {
    coroutine = awaiting;
    reactor_.set_timer(*this, duration_ms_);
  }
  void await_resume() const noexcept {}

 private:
  void expire() noexcept override { reactor_.make_ready(*this); }

  Reactor& reactor_;
  const uint64_t duration_ms_;
};

}  // namespace sluice
