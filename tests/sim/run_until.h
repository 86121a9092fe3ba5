// Lets a reactor on a simulated ring run.
#pragma once

#include <cstdint>

#include "runtime/reactor.h"
#include "sim/fake_ring.h"

namespace sluice::sim {

// Turns until the condition holds (then true), `within_ms` of simulated time have passed, or the
// ring is broken.
template <class Condition>
bool run_until(FakeRing& ring, Reactor& reactor, uint64_t within_ms, Condition condition) {
  const uint64_t end_ms = ring.now_ms() + within_ms;
  ring.wake_at(end_ms);
  // A turn resumes coroutines first and waits then, also if they have made the condition true.
  ring.wake_when(condition);
  while (!condition() && ring.now_ms() < end_ms && !ring.broken()) reactor.turn();
  ring.wake_at(Ring::kNever);
  ring.wake_when({});
  return condition();
}

// The same for a time. What became ready at its very end has been resumed, too.
inline void run_for(FakeRing& ring, Reactor& reactor, uint64_t ms) {
  run_until(ring, reactor, ms, [] { return false; });
  ring.wake_at(ring.now_ms());
  if (!ring.broken()) reactor.turn();
  ring.wake_at(Ring::kNever);
}

}  // namespace sluice::sim
