// The loop of a shard, the only one in the program.
#pragma once

#include <algorithm>
#include <coroutine>
#include <cstdint>

#include "base/intrusive_list.h"
#include "ring/ring.h"
#include "runtime/timer_wheel.h"

namespace sluice {

// A coroutine that waits, and is to be resumed by its reactor.
struct Resumable : ListNode<Resumable> {
  std::coroutine_handle<> coroutine;
};

// Turns: resume what is ready → submit and wait, once → drain completions → expire timers. A
// completion only marks its waiter as ready, so no coroutine runs while the ring is drained and
// none is resumed from inside another.
//
// Not thread-safe: everything here belongs to the thread that calls run().
class Reactor {
 public:
  explicit Reactor(Ring& ring) noexcept : ring_(ring), now_ms_(ring.now_ms()), timers_(now_ms_) {}

  // Runs until stop() was called and nothing is ready any more.
  void run() noexcept;

  void stop() noexcept { stopping_ = true; }

  // One turn; waits for a completion or a timer only where nothing is ready. run() is a loop of
  // these; tests call it by itself.
  void turn() noexcept;

  // Resumes `waiter` in this or the next turn. REQUIRES: it is not ready already.
  void make_ready(Resumable& waiter) noexcept { ready_.push_back(waiter); }

  Ring& ring() noexcept { return ring_; }
  TimerWheel& timers() noexcept { return timers_; }

  // The clock as it was when this turn's completions arrived.
  uint64_t now_ms() const noexcept { return now_ms_; }

  // Sets `timer` to expire `delay_ms` from now; a delay beyond the end of time is without end.
  void set_timer(Timer& timer, uint64_t delay_ms) noexcept {
    timers_.set(timer, now_ms_ + std::min(delay_ms, UINT64_MAX - now_ms_));
  }

 private:
  void resume_ready() noexcept;

  Ring& ring_;
  uint64_t now_ms_;
  TimerWheel timers_;
  IntrusiveList<Resumable, Resumable> ready_;
  bool stopping_ = false;
};

}  // namespace sluice
