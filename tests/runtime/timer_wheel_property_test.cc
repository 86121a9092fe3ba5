// Many timers under random operations, against a model that looks at every timer every time.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "runtime/timer_wheel.h"

namespace sluice {
namespace {

constexpr uint64_t kTickMs = TimerWheel::kTickMs;
constexpr uint64_t kTurnMs = TimerWheel::kTickMs * TimerWheel::kSlotCount;
constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

class WheelWorld;

class WorldTimer final : public Timer {
 public:
  explicit WorldTimer(WheelWorld& world) noexcept : world_(world) {}

  bool expected = false;    // of the model: is set
  uint64_t expires_ms = 0;  // not before this
  uint64_t latest_ms = 0;   // and not after this, if somebody looks
  uint64_t expired_count = 0;

 private:
  void expire() noexcept override;

  WheelWorld& world_;
};

class WheelWorld {
 public:
  explicit WheelWorld(uint64_t seed)
      : random_(seed), now_ms_(below(10 * kTurnMs)), wheel_(now_ms_) {
    timers_.reserve(kTimerCount);
    for (size_t i = 0; i < kTimerCount; ++i) timers_.push_back(std::make_unique<WorldTimer>(*this));
  }

  ~WheelWorld() {
    for (const auto& timer : timers_) wheel_.cancel(*timer);
  }

  void step() {
    switch (below(8)) {
      case 0:
      case 1:
      case 2:
        return set(any());
      case 3:
        return cancel(any());
      case 4:
        return advance(wheel_.wait_ms(now_ms_));  // as a reactor does
      default:
        return advance(any_sleep());
    }
  }

  void expired(WorldTimer& timer) {
    EXPECT_TRUE(timer.expected) << "expired without being set";
    EXPECT_LE(timer.expires_ms, now_ms_) << "early";
    timer.expected = false;
    ++timer.expired_count;
    ++expired_count_;
    // What a deadline may do when it passes.
    if (below(4) == 0) set(any());
    if (below(4) == 0) cancel(any());
    if (below(8) == 0) set(timer);
  }

  uint64_t expired_count() const { return expired_count_; }

 private:
  static constexpr size_t kTimerCount = 200;

  uint64_t below(uint64_t end) { return random_() % end; }
  WorldTimer& any() { return *timers_[below(timers_.size())]; }

  uint64_t any_delay() {
    switch (below(4)) {
      case 0:
        return below(2 * kTickMs);
      case 1:
        return below(100 * kTickMs);
      case 2:
        return kTurnMs - 2 * kTickMs + below(4 * kTickMs);  // around a whole turn
      default:
        return below(5 * kTurnMs);
    }
  }

  uint64_t any_sleep() {
    switch (below(10)) {
      case 0:
        return 0;
      case 1:
        return kTurnMs - 2 * kTickMs + below(4 * kTickMs);
      case 2:
        return below(3 * kTurnMs);
      default:
        return below(4 * kTickMs);
    }
  }

  void set(WorldTimer& timer) {
    const uint64_t past = std::min<uint64_t>(now_ms_, below(10) == 0 ? below(kTurnMs) : 0);
    timer.expires_ms = now_ms_ - past + any_delay();
    timer.latest_ms = std::max(timer.expires_ms, now_ms_) + kTickMs;
    timer.expected = true;
    wheel_.set(timer, timer.expires_ms);
  }

  void cancel(WorldTimer& timer) {
    timer.expected = false;
    wheel_.cancel(timer);
  }

  void advance(uint64_t sleep_ms) {
    if (sleep_ms == kNever) {
      for (const auto& timer : timers_) EXPECT_FALSE(timer->expected) << "nobody would wake for it";
      return;
    }
    now_ms_ += sleep_ms;
    wheel_.advance(now_ms_);
    const uint64_t wait = wheel_.wait_ms(now_ms_);
    EXPECT_GT(wait, 0u) << "the loop would spin";
    for (const auto& timer : timers_) {
      EXPECT_EQ(timer->set(), timer->expected);
      if (!timer->expected) continue;
      EXPECT_GT(timer->latest_ms, now_ms_) << "late";
      EXPECT_LE(wait, timer->latest_ms - now_ms_) << "the loop would oversleep";
    }
  }

  std::mt19937_64 random_;
  uint64_t now_ms_;
  TimerWheel wheel_;
  std::vector<std::unique_ptr<WorldTimer>> timers_;
  uint64_t expired_count_ = 0;
};

void WorldTimer::expire() noexcept { world_.expired(*this); }

class TimerWheelProperty : public testing::TestWithParam<uint64_t> {};

TEST_P(TimerWheelProperty, NeverEarlyAtMostATickLateNeverOverslept) {
  WheelWorld world(GetParam());
  for (int step = 0; step < 4'000 && !HasFailure(); ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    world.step();
  }
  EXPECT_GT(world.expired_count(), 300u);  // or nothing was tested
}

INSTANTIATE_TEST_SUITE_P(Seeds, TimerWheelProperty, testing::Range<uint64_t>(1, 21));

}  // namespace
}  // namespace sluice
