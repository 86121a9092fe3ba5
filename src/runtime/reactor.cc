#include "runtime/reactor.h"

namespace sluice {

void Reactor::run() noexcept {
  while (!stopping_ || !ready_.empty()) turn();
}

void Reactor::turn() noexcept {
  resume_ready();
  // stop() may have been called by what was just resumed: then there is nothing left to wait for.
  const bool look_only = stopping_ || !ready_.empty();
  ring_.submit_and_wait(look_only ? 0 : timers_.wait_ms(now_ms_));
  now_ms_ = ring_.now_ms();
  ring_.drain();
  timers_.advance(now_ms_);
}

void Reactor::resume_ready() noexcept {
  // Only what is ready now: what these make ready waits for the next turn, so that completions and
  // timers get their share.
  IntrusiveList<Resumable, Resumable> batch;
  batch.take_all(ready_);
  while (!batch.empty()) batch.pop_front().coroutine.resume();
}

}  // namespace sluice
