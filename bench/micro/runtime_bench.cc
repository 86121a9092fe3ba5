// The runtime: what a coroutine, a wake-up, an operation and a deadline cost before any work is
// done.
#include <benchmark/benchmark.h>
#include <liburing.h>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <vector>

#include "micro/allocation_counter.h"
#include "ring/kernel_ring.h"
#include "runtime/event.h"
#include "runtime/frame_pool.h"
#include "runtime/one_shot.h"
#include "runtime/reactor.h"
#include "runtime/task.h"
#include "runtime/timer_wheel.h"

namespace sluice {
namespace {

using bench::AllocationColumn;

// --- Coroutines without a ring -------------------------------------------------------------------

void take_frame(benchmark::State& state) {
  const auto bytes = static_cast<size_t>(state.range(0));
  FramePool& pool = FramePool::of_this_thread();
  const AllocationColumn allocations(state);
  for (auto _ : state) {
    void* const frame = pool.allocate(bytes);
    benchmark::DoNotOptimize(frame);
    pool.free(frame, bytes);
  }
}
BENCHMARK(take_frame)->Arg(256)->Arg(4096);

// Made, run to its end and destroyed; `value` is volatile so that the frame is really made.
[[gnu::noinline]] Detached run_detached(volatile int& value) {
  value = value + 1;
  co_return;
}

void create_run_destroy(benchmark::State& state) {
  volatile int value = 0;
  const AllocationColumn allocations(state);
  for (auto _ : state) run_detached(value);
}
BENCHMARK(create_run_destroy);

struct Suspension {
  std::coroutine_handle<> waiting;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) noexcept { waiting = awaiting; }
  void await_resume() const noexcept {}
};

Detached resume_forever(Suspension& suspension, const bool& enough) {
  while (!enough) co_await suspension;
}

void resume(benchmark::State& state) {
  Suspension suspension;
  bool enough = false;
  resume_forever(suspension, enough);
  {
    const AllocationColumn allocations(state);
    for (auto _ : state) suspension.waiting.resume();
  }
  enough = true;
  suspension.waiting.resume();
}
BENCHMARK(resume);

[[gnu::noinline]] Task<int> ready_at_once(int value) { co_return value; }

Detached await_ready_tasks(benchmark::State& state) {
  for (auto _ : state) {
    Task<int> task = ready_at_once(1);
    benchmark::DoNotOptimize(co_await task);
  }
}

void await_ready_task(benchmark::State& state) {
  const AllocationColumn allocations(state);
  await_ready_tasks(state);
}
BENCHMARK(await_ready_task);

// --- The loop ------------------------------------------------------------------------------------

class Loop {
 public:
  Loop() : ring_(RingOptions()), reactor_(enabled(ring_)) {}

  Reactor& reactor() noexcept { return reactor_; }

  // Lets the next turn end without waiting for anything else.
  void prepare_nop() noexcept { io_uring_prep_nop(&reactor_.ring().prepare_unattended()); }

 private:
  static KernelRing& enabled(KernelRing& ring) {
    if (!ring.enable()) std::abort();
    return ring;
  }

  KernelRing ring_;
  Reactor reactor_;
};

class Nop final : public OneShot {
 public:
  explicit Nop(Reactor& reactor) noexcept : OneShot(reactor) {
    io_uring_prep_nop(&reactor.ring().prepare(*this));
  }
};

// Two coroutines that wake each other: each is resumed by the reactor, in a turn of its own.
Detached answer_events(Event& mine, Event& theirs, uint64_t& wake_ups, const bool& enough) {
  while (!enough) {
    co_await mine.wait();
    ++wake_ups;
    theirs.notify();
  }
}

void event_to_resume(benchmark::State& state) {
  Loop loop;
  Event first(loop.reactor());
  Event second(loop.reactor());
  uint64_t wake_ups = 0;
  bool enough = false;
  answer_events(first, second, wake_ups, enough);
  answer_events(second, first, wake_ups, enough);
  first.notify();
  {
    const AllocationColumn allocations(state);
    for (auto _ : state) loop.reactor().turn();
  }
  enough = true;
  for (Event* event : {&first, &second}) {
    event->notify();
    loop.prepare_nop();
    loop.reactor().turn();
  }
  benchmark::DoNotOptimize(wake_ups);
}
BENCHMARK(event_to_resume);

// What a turn costs where there is nothing to do but to look.
void look_at_the_ring(benchmark::State& state) {
  Loop loop;
  const AllocationColumn allocations(state);
  for (auto _ : state) loop.reactor().ring().submit_and_wait(0);
}
BENCHMARK(look_at_the_ring);

Detached await_nops(Reactor& reactor, uint64_t& left, const bool& enough) {
  while (!enough) {
    Nop nop(reactor);
    co_await nop;
    --left;
  }
}

// `range` coroutines with an operation each; the time is that of all their operations once.
void nop_round_trips(benchmark::State& state) {
  const auto batch = static_cast<uint64_t>(state.range(0));
  Loop loop;
  Reactor& reactor = loop.reactor();
  bool enough = false;
  uint64_t left = 0;
  for (uint64_t i = 0; i < batch; ++i) await_nops(reactor, left, enough);
  {
    const AllocationColumn allocations(state);
    for (auto _ : state) {
      left = batch;
      while (left > 0) reactor.turn();
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  enough = true;
  left = batch;
  while (left > 0) {
    loop.prepare_nop();
    reactor.turn();
  }
}
BENCHMARK(nop_round_trips)->Arg(1)->Arg(32);

// --- Deadlines -----------------------------------------------------------------------------------

class SilentTimer final : public Timer {
 private:
  void expire() noexcept override {}
};

void set_and_cancel_timer(benchmark::State& state) {
  TimerWheel wheel(0);
  SilentTimer timer;
  uint64_t now_ms = 0;
  const AllocationColumn allocations(state);
  for (auto _ : state) {
    wheel.set(timer, ++now_ms + 30'000);
    wheel.cancel(timer);
  }
}
BENCHMARK(set_and_cancel_timer);

// As connections do: each moves its deadline whenever it makes progress, and nearly none expires.
void move_timers(benchmark::State& state) {
  constexpr size_t kTimers = 10'000;
  constexpr size_t kOrders = 1 << 16;
  TimerWheel wheel(0);
  std::vector<SilentTimer> timers(kTimers);
  std::mt19937_64 random(1);
  std::vector<uint32_t> order(kOrders);
  for (uint32_t& index : order) index = static_cast<uint32_t>(random() % kTimers);
  uint64_t now_ms = 0;
  size_t next = 0;
  {
    const AllocationColumn allocations(state);
    for (auto _ : state) {
      wheel.set(timers[order[next++ % kOrders]], now_ms + 30'000);
      if (next % 64 == 0) wheel.advance(++now_ms);
    }
  }
  for (SilentTimer& timer : timers) wheel.cancel(timer);
}
BENCHMARK(move_timers);

void ask_how_long_to_wait(benchmark::State& state) {
  TimerWheel wheel(0);
  SilentTimer timer;
  wheel.set(timer, static_cast<uint64_t>(state.range(0)));
  {
    const AllocationColumn allocations(state);
    for (auto _ : state) benchmark::DoNotOptimize(wheel.wait_ms(0));
  }
  wheel.cancel(timer);
}
BENCHMARK(ask_how_long_to_wait)->Arg(100)->Arg(15'000);

}  // namespace
}  // namespace sluice
