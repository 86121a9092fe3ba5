// Timers one at a time; timer_wheel_property_test.cc has many at once.
#include "runtime/timer_wheel.h"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

namespace sluice {
namespace {

constexpr uint64_t kTickMs = TimerWheel::kTickMs;
constexpr uint64_t kTurnMs = TimerWheel::kTickMs * TimerWheel::kSlotCount;
constexpr uint64_t kStartMs = 1'000'003;  // in mid-tick

class CountingTimer final : public Timer {
 public:
  explicit CountingTimer(std::function<void()> action = {}) : action_(std::move(action)) {}

  int count() const { return count_; }

 private:
  void expire() noexcept override {
    ++count_;
    if (action_) action_();
  }

  std::function<void()> action_;
  int count_ = 0;
};

TEST(TimerWheelTest, ExpiresOnceBetweenItsTimeAndATickLater) {
  for (uint64_t delay_ms = 0; delay_ms <= 3 * kTickMs; ++delay_ms) {
    TimerWheel wheel(kStartMs);
    CountingTimer timer;
    wheel.set(timer, kStartMs + delay_ms);
    EXPECT_TRUE(timer.set());
    for (uint64_t now = kStartMs; now < kStartMs + delay_ms; ++now) wheel.advance(now);
    EXPECT_EQ(timer.count(), 0) << "early, after a delay of " << delay_ms;
    wheel.advance(kStartMs + delay_ms + kTickMs);
    EXPECT_EQ(timer.count(), 1) << "late, after a delay of " << delay_ms;
    EXPECT_FALSE(timer.set());
    wheel.advance(kStartMs + 2 * kTurnMs);
    EXPECT_EQ(timer.count(), 1);
  }
}

TEST(TimerWheelTest, APastTimeExpiresWithinATick) {
  TimerWheel wheel(kStartMs);
  CountingTimer timer;
  wheel.set(timer, 5);
  wheel.advance(kStartMs + kTickMs);
  EXPECT_EQ(timer.count(), 1);
}

TEST(TimerWheelTest, WaitsForTurnsThatAreNotItsOwn) {
  for (const uint64_t turns : {1, 2, 7}) {
    TimerWheel wheel(kStartMs);
    CountingTimer timer;
    const uint64_t expires = kStartMs + turns * kTurnMs + 100;
    wheel.set(timer, expires);
    for (uint64_t now = kStartMs; now < expires; now += kTickMs / 2) wheel.advance(now);
    EXPECT_EQ(timer.count(), 0) << turns << " turns";
    wheel.advance(expires + kTickMs);
    EXPECT_EQ(timer.count(), 1) << turns << " turns";
  }
}

TEST(TimerWheelTest, ALongSleepMissesNothing) {
  for (const uint64_t sleep : {kTurnMs - kTickMs, kTurnMs, kTurnMs + kTickMs, 50 * kTurnMs + 7}) {
    TimerWheel wheel(kStartMs);
    CountingTimer timers[64];
    uint64_t delay = 1;
    for (CountingTimer& timer : timers) wheel.set(timer, kStartMs + (delay += sleep / 64) - 1);
    wheel.advance(kStartMs + sleep + kTickMs);
    for (const CountingTimer& timer : timers) EXPECT_EQ(timer.count(), 1) << "sleep " << sleep;
  }
}

TEST(TimerWheelTest, MovesBothWays) {
  TimerWheel wheel(kStartMs);
  CountingTimer timer;
  wheel.set(timer, kStartMs + 100);
  wheel.set(timer, kStartMs + 1000);
  wheel.advance(kStartMs + 900);
  EXPECT_EQ(timer.count(), 0);
  wheel.set(timer, kStartMs + 950);
  wheel.advance(kStartMs + 950 + kTickMs);
  EXPECT_EQ(timer.count(), 1);
  wheel.advance(kStartMs + kTurnMs);
  EXPECT_EQ(timer.count(), 1);
}

TEST(TimerWheelTest, ACancelledTimerIsForgotten) {
  TimerWheel wheel(kStartMs);
  CountingTimer timer;
  wheel.cancel(timer);  // not set: nothing
  wheel.set(timer, kStartMs + 100);
  wheel.cancel(timer);
  EXPECT_FALSE(timer.set());
  wheel.advance(kStartMs + 2 * kTurnMs);
  EXPECT_EQ(timer.count(), 0);
  wheel.set(timer, kStartMs + 2 * kTurnMs + 50);
  wheel.advance(kStartMs + 2 * kTurnMs + 50 + kTickMs);
  EXPECT_EQ(timer.count(), 1);
}

TEST(TimerWheelTest, AnExpiringTimerMaySetItselfAgain) {
  TimerWheel wheel(kStartMs);
  uint64_t now = kStartMs;
  CountingTimer* self = nullptr;
  CountingTimer timer([&] { wheel.set(*self, now); });  // due at once: in a later advance
  self = &timer;
  wheel.set(timer, now);
  for (int expected = 1; expected <= 5; ++expected) {
    now += kTickMs;
    wheel.advance(now);
    EXPECT_EQ(timer.count(), expected);
  }
  now += 10 * kTurnMs;  // every slot is visited
  wheel.advance(now);
  EXPECT_EQ(timer.count(), 6);
  wheel.cancel(timer);
}

TEST(TimerWheelTest, AnExpiringTimerMayCancelAndMoveThoseOfItsSlot) {
  TimerWheel wheel(kStartMs);
  CountingTimer cancelled;
  CountingTimer moved;
  CountingTimer untouched;
  CountingTimer timer([&] {
    wheel.cancel(cancelled);
    wheel.set(moved, kStartMs + 500);
  });
  for (CountingTimer* each : {&timer, &cancelled, &moved, &untouched}) {
    wheel.set(*each, kStartMs + 100);
  }
  wheel.advance(kStartMs + 100 + kTickMs);
  EXPECT_EQ(timer.count(), 1);
  EXPECT_EQ(untouched.count(), 1);
  EXPECT_EQ(cancelled.count(), 0);
  EXPECT_EQ(moved.count(), 0);
  wheel.advance(kStartMs + 500 + kTickMs);
  EXPECT_EQ(moved.count(), 1);
  EXPECT_EQ(cancelled.count(), 0);
}

TEST(TimerWheelTest, WaitsForeverWithoutATimer) {
  TimerWheel wheel(kStartMs);
  EXPECT_EQ(wheel.wait_ms(kStartMs), UINT64_MAX);
  CountingTimer timer;
  wheel.set(timer, kStartMs + 100);
  wheel.advance(kStartMs + 100 + kTickMs);
  EXPECT_EQ(wheel.wait_ms(kStartMs + 100 + kTickMs), UINT64_MAX);
}

// The slot of a cancelled timer may cost one look, and not one after another.
TEST(TimerWheelTest, ACancelledTimerCostsOneWakeUp) {
  TimerWheel wheel(kStartMs);
  CountingTimer timer;
  wheel.set(timer, kStartMs + 100);
  wheel.cancel(timer);
  const uint64_t wait = wheel.wait_ms(kStartMs);
  if (wait == UINT64_MAX) return;
  wheel.advance(kStartMs + wait);
  EXPECT_EQ(wheel.wait_ms(kStartMs + wait), UINT64_MAX);
}

TEST(TimerWheelTest, TheEndOfTimeIsNotNow) {
  TimerWheel wheel(kStartMs);
  CountingTimer timer;
  wheel.set(timer, UINT64_MAX);
  wheel.advance(kStartMs + 3 * kTurnMs);
  EXPECT_EQ(timer.count(), 0);
  wheel.cancel(timer);
}

TEST(TimerWheelTest, AClockThatStandsStillExpiresNothing) {
  TimerWheel wheel(kStartMs);
  CountingTimer timer;
  wheel.set(timer, kStartMs + 100);
  for (int i = 0; i < 1000; ++i) wheel.advance(kStartMs + 99);
  EXPECT_EQ(timer.count(), 0);
  wheel.cancel(timer);
}

}  // namespace
}  // namespace sluice
