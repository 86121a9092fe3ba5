// Waiting for an operation, with and without a limit.
#include "runtime/one_shot.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "io/operations.h"
#include "runtime/sleep.h"
#include "sim/ring_fixture.h"

namespace sluice::sim {
namespace {

// A timer is late by no more than this (runtime/timer_wheel.h).
constexpr uint64_t kTickMs = TimerWheel::kTickMs;

class WithinTest : public RingTest {
 protected:
  SocketPair pair_ = make_socket_pair();
  Poll readable_{reactor_, pair_.server.get(), POLLIN};
  std::optional<bool> in_time_;
};

TEST_F(WithinTest, IsTrueAtOnceWhenTheOperationIsDone) {
  write_to(pair_.client, "x");
  EXPECT_EQ(result_of(readable_), POLLIN);
  await_within(readable_, 100, in_time_);
  EXPECT_EQ(in_time_, true);
}

TEST_F(WithinTest, IsTrueWhenTheOperationEndsInTime) {
  await_within(readable_, 100, in_time_);
  run_for(90);
  EXPECT_FALSE(in_time_);
  write_to(pair_.client, "x");
  run_for(1);
  EXPECT_EQ(in_time_, true);
  // The timer went with the wait.
  run_for(1'000);
  EXPECT_EQ(in_time_, true);
}

TEST_F(WithinTest, IsFalseWhenTimeIsUpAndTheOperationGoesOn) {
  await_within(readable_, 100, in_time_);
  run_for(99);
  EXPECT_FALSE(in_time_);
  run_for(1 + kTickMs);
  EXPECT_EQ(in_time_, false);
  EXPECT_FALSE(readable_.done());

  std::optional<int> result;
  await_result(readable_, result);
  run_for(100);
  EXPECT_FALSE(result);
  write_to(pair_.client, "x");
  run_for(1);
  EXPECT_EQ(result, POLLIN);
}

// The operation is done on time, but that is seen in the turn in which the time is up.
TEST_F(WithinTest, CompletionAndTimeInOneTurnResumeOnce) {
  ring_.faults().very_late = 1;
  ring_.faults().very_late_ms = 1;
  await_within(readable_, 100, in_time_);
  run_for(15);
  const uint64_t up_ms = reactor_.now_ms() + reactor_.timers().wait_ms(reactor_.now_ms());
  run_for(up_ms - 1 - ring_.now_ms());
  ASSERT_FALSE(in_time_);
  write_to(pair_.client, "x");
  run_for(100);
  EXPECT_EQ(in_time_, true);
}

TEST_F(WithinTest, ZeroWaitsForTheNextTick) {
  await_within(readable_, 0, in_time_);
  run_for(kTickMs);
  EXPECT_EQ(in_time_, false);
  write_to(pair_.client, "x");
  EXPECT_EQ(result_of(readable_), POLLIN);
}

Detached sleep_for(Reactor& reactor, uint64_t ms, std::optional<uint64_t>& woke_ms) {
  Sleep sleep(reactor, ms);
  co_await sleep;
  woke_ms = reactor.now_ms();
}

using SleepTest = RingTest;

TEST_F(SleepTest, LastsAsLongAsItSaysAndATickAtMostBeyond) {
  for (const uint64_t ms : {1U, 15U, 16U, 17U, 100U, 20'000U}) {
    const uint64_t began_ms = ring_.now_ms();
    std::optional<uint64_t> woke_ms;
    sleep_for(reactor_, ms, woke_ms);
    ASSERT_TRUE(run_until([&woke_ms] { return woke_ms.has_value(); }, 30'000));
    EXPECT_GE(*woke_ms, began_ms + ms);
    EXPECT_LE(*woke_ms, began_ms + ms + kTickMs);
  }
}

}  // namespace
}  // namespace sluice::sim
