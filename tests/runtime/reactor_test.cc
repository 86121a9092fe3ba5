// The loop on the real ring: order, fairness, timers, the way it ends.
#include "runtime/reactor.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "runtime/event.h"
#include "runtime/kernel_loop.h"
#include "runtime/sleep.h"
#include "runtime/yield.h"

namespace sluice {
namespace {

Detached log_nops(Reactor& reactor, int number, int rounds, std::vector<int>& log) {
  for (int round = 0; round < rounds; ++round) {
    Nop nop(reactor);
    co_await nop;
    log.push_back(number);
  }
}

TEST(ReactorTest, CompletionsAreResumedInTheirOrder) {
  KernelLoop loop;
  std::vector<int> log;
  for (int number = 0; number < 5; ++number) log_nops(loop.reactor(), number, 1, log);
  loop.turn_until([&] { return log.size() == 5; });
  EXPECT_EQ(log, (std::vector{0, 1, 2, 3, 4}));
}

TEST(ReactorTest, NobodyIsStarved) {
  KernelLoop loop;
  std::vector<int> log;
  for (int number = 0; number < 4; ++number) log_nops(loop.reactor(), number, 50, log);
  loop.turn_until([&] { return log.size() == 200; });
  int seen[4] = {};
  for (const int number : log) {
    ++seen[number];
    for (const int other : seen) ASSERT_LE(seen[number] - other, 2);
  }
}

TEST(ReactorTest, AWholeBatchTakesOneTurn) {
  KernelLoop loop;
  std::vector<int> log;
  for (int number = 0; number < 32; ++number) log_nops(loop.reactor(), number, 1, log);
  loop.reactor().turn();  // submits and drains
  EXPECT_TRUE(log.empty()) << "resumed while the ring was drained";
  loop.turn();
  EXPECT_EQ(log.size(), 32u);
}

Detached spin(Reactor& reactor, Event& event, const bool& enough) {
  while (!enough) {
    event.notify();
    Nop nop(reactor);
    co_await nop;
  }
}

// Makes itself ready again and again, without any completion.
Detached yield_until(Reactor& reactor, const bool& enough, uint64_t& yields) {
  while (!enough) {
    Yield yield(reactor);
    co_await yield;
    ++yields;
  }
}

Detached sleep_then_set(Reactor& reactor, uint64_t duration_ms, bool& flag) {
  Sleep pause(reactor, duration_ms);
  co_await pause;
  flag = true;
}

TEST(ReactorTest, WhoIsAlwaysReadyHoldsUpNeitherTimersNorCompletions) {
  KernelLoop loop;
  bool slept = false;
  uint64_t yields = 0;
  std::vector<int> log;
  yield_until(loop.reactor(), slept, yields);
  log_nops(loop.reactor(), 1, 100, log);
  sleep_then_set(loop.reactor(), 30, slept);
  loop.turn_until([&] { return slept && log.size() == 100; });
  EXPECT_GT(yields, 100u);
  loop.turn();  // the last yield
}

TEST(ReactorTest, TimersExpireWhileOperationsCompleteAllTheTime) {
  KernelLoop loop;
  Event event(loop.reactor());
  bool slept = false;
  spin(loop.reactor(), event, slept);
  sleep_then_set(loop.reactor(), 30, slept);
  loop.turn_until([&] { return slept; });
  loop.turn();
  loop.turn();  // the last operation of spin()
}

Detached stop_after(Reactor& reactor, int rounds, int& done) {
  for (; done < rounds; ++done) {
    Nop nop(reactor);
    co_await nop;
  }
  reactor.stop();
}

TEST(ReactorTest, RunEndsAfterStop) {
  KernelLoop loop;
  int done = 0;
  stop_after(loop.reactor(), 100, done);
  loop.reactor().run();
  EXPECT_EQ(done, 100);
}

Detached finish_when_notified(Event& event, bool& finished) {
  co_await event.wait();
  finished = true;
}

Detached stop_and_notify(Reactor& reactor, Event& event) {
  Nop nop(reactor);
  co_await nop;
  reactor.stop();
  event.notify();
}

TEST(ReactorTest, RunResumesWhatIsReadyBeforeItEnds) {
  KernelLoop loop;
  Event event(loop.reactor());
  bool finished = false;
  finish_when_notified(event, finished);
  stop_and_notify(loop.reactor(), event);
  loop.reactor().run();
  EXPECT_TRUE(finished);
}

TEST(ReactorTest, TheClockGoesOnWithTheTurns) {
  KernelLoop loop;
  const uint64_t before_ms = loop.reactor().now_ms();
  bool slept = false;
  sleep_then_set(loop.reactor(), 40, slept);
  loop.turn_until([&] { return slept; });
  EXPECT_GE(loop.reactor().now_ms(), before_ms + 40);
  EXPECT_LE(loop.reactor().now_ms(), loop.ring().now_ms());
}

class EndlessTimer final : public Timer {
 public:
  int count = 0;

 private:
  void expire() noexcept override { ++count; }
};

TEST(ReactorTest, ADelayWithoutEndIsNotShort) {
  KernelLoop loop;
  EndlessTimer timer;
  loop.reactor().set_timer(timer, UINT64_MAX);
  bool slept = false;
  sleep_then_set(loop.reactor(), 40, slept);
  loop.turn_until([&] { return slept; });
  EXPECT_EQ(timer.count, 0);
  loop.reactor().timers().cancel(timer);
}

// The order of two operations of one chain is the kernel's to keep.
class LinkedNops final : public OneShot {
 public:
  explicit LinkedNops(Reactor& reactor) noexcept : OneShot(reactor) {
    Ring& ring = reactor.ring();
    ring.reserve(2);
    io_uring_sqe& first = ring.prepare(*this, 0);
    io_uring_prep_nop(&first);
    first.flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
    io_uring_prep_nop(&ring.prepare(*this, 1));
  }
};

Task<unsigned> await_chain(Reactor& reactor) {
  LinkedNops chain(reactor);
  co_await chain;
  co_return chain.part();
}

TEST(ReactorTest, AChainHasOneCompletion) {
  KernelLoop loop;
  for (int i = 0; i < 200; ++i) EXPECT_EQ(loop.run(await_chain(loop.reactor())), 1u);
}

}  // namespace
}  // namespace sluice
