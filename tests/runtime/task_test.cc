// The coroutine type: values, nesting, frames that come back, a stack that stays flat.
#include "runtime/task.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/frame_pool.h"

namespace sluice {
namespace {

// Runs a task that never really waits.
template <class T>
Detached start(Task<T>& task, T& result) {
  result = co_await task;
}

Detached start(Task<void>& task, bool& over) {
  co_await task;
  over = true;
}

template <class T>
T run(Task<T> task) {
  T result{};
  start(task, result);
  return result;
}

// Suspends its awaiter until resume() is called.
class Latch {
 public:
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) noexcept { awaiting_ = awaiting; }
  void await_resume() const noexcept {}
  void resume() { std::exchange(awaiting_, nullptr).resume(); }

 private:
  std::coroutine_handle<> awaiting_;
};

Task<int> answer(int value) { co_return value; }

Task<int> sum_to(int last) {
  if (last == 0) co_return 0;
  Task<int> before = sum_to(last - 1);
  const int sum = co_await before;
  co_return sum + last;
}

TEST(TaskTest, YieldsItsValue) { EXPECT_EQ(run(answer(42)), 42); }

TEST(TaskTest, Nests) { EXPECT_EQ(run(sum_to(100)), 5050); }

Task<std::unique_ptr<std::string>> make_text(const char* text) {
  auto made = std::make_unique<std::string>(text);
  co_return made;
}

Task<std::unique_ptr<std::string>> pass_on(const char* text) {
  Task<std::unique_ptr<std::string>> making = make_text(text);
  std::unique_ptr<std::string> made = co_await making;
  co_return made;
}

TEST(TaskTest, YieldsWhatCanOnlyBeMoved) { EXPECT_EQ(*run(pass_on("moved along")), "moved along"); }

struct NoDefault {
  explicit NoDefault(int v) : value(v) {}
  int value;
};

Task<NoDefault> no_default() { co_return NoDefault(7); }

Detached read_no_default(int& value) {
  Task<NoDefault> task = no_default();
  const NoDefault made = co_await task;
  value = made.value;
}

TEST(TaskTest, YieldsWhatHasNoDefault) {
  int value = 0;
  read_no_default(value);
  EXPECT_EQ(value, 7);
}

Task<void> note(std::vector<std::string>& log, std::string what) {
  log.push_back(what + " begins");
  co_return;
}

Task<void> note_around(std::vector<std::string>& log) {
  Task<void> inner = note(log, "inner");
  log.emplace_back("outer goes on");
  co_await inner;
  log.emplace_back("outer ends");
}

TEST(TaskTest, BeginsWhenItIsAwaited) {
  std::vector<std::string> log;
  Task<void> task = note_around(log);
  EXPECT_TRUE(log.empty());
  bool over = false;
  start(task, over);
  EXPECT_TRUE(over);
  EXPECT_EQ(log, (std::vector<std::string>{"outer goes on", "inner begins", "outer ends"}));
}

Task<int> wait_and_add(Latch& first, Latch& second, int value) {
  co_await first;
  ++value;
  co_await second;
  co_return value + 1;
}

Task<int> twice_that(Latch& first, Latch& second, int value) {
  Task<int> inner = wait_and_add(first, second, value);
  const int result = co_await inner;
  co_return 2 * result;
}

TEST(TaskTest, GoesOnWhereItWaitedHoweverDeep) {
  Latch first;
  Latch second;
  int result = 0;
  Task<int> task = twice_that(first, second, 10);
  start(task, result);
  EXPECT_EQ(result, 0);
  first.resume();
  EXPECT_EQ(result, 0);
  second.resume();
  EXPECT_EQ(result, 24);
}

TEST(TaskTest, AMovedTaskIsTheSameWork) {
  Task<int> task = answer(5);
  Task<int> moved = std::move(task);
  EXPECT_EQ(run(std::move(moved)), 5);
}

struct CountedCopy {
  explicit CountedCopy(int* live) : live_count(live) { ++*live_count; }
  CountedCopy(const CountedCopy& other) : live_count(other.live_count) { ++*live_count; }
  ~CountedCopy() { --*live_count; }
  int* live_count;
};

Task<int> keep(CountedCopy kept, Latch& latch) {
  co_await latch;
  co_return *kept.live_count;
}

TEST(TaskTest, ParametersLiveAsLongAsTheFrame) {
  int live = 0;
  int seen = 0;
  Latch latch;
  {
    Task<int> task = keep(CountedCopy(&live), latch);
    EXPECT_EQ(live, 1);
    start(task, seen);
    latch.resume();
    EXPECT_EQ(seen, 1);
  }
  EXPECT_EQ(live, 0);
}

TEST(TaskTest, FramesGoBackToThePool) {
  FramePool& pool = FramePool::of_this_thread();
  const uint64_t live_before = pool.live_count();
  run(sum_to(100));
  const uint64_t heap_before = pool.heap_allocation_count();
  for (int round = 0; round < 50; ++round) run(sum_to(100));
  EXPECT_EQ(pool.heap_allocation_count(), heap_before);
  EXPECT_EQ(pool.live_count(), live_before);
}

#ifndef NDEBUG
TEST(TaskDeathTest, IsNotDestroyedInMidAwait) {
  EXPECT_DEATH(
      {
        Latch first;
        Latch second;
        int result = 0;
        Task<int> task = wait_and_add(first, second, 1);
        start(task, result);
      },
      "assertion failed");
}
#endif

}  // namespace
}  // namespace sluice
