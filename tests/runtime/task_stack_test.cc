// A resumption is a jump: however many there are, the stack does not grow. GCC makes it one only
// where it optimises, so this program is compiled with optimisation in every kind of build.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "runtime/task.h"

namespace sluice {
namespace {

#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr bool kResumesByJump = true;
#else
constexpr bool kResumesByJump = false;  // the sanitizers have work to do after every call
#endif

class TaskStackTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!kResumesByJump) GTEST_SKIP() << "this build does not turn resumptions into jumps";
  }
};

template <class T>
Detached start(Task<T>& task, T& result) {
  result = co_await task;
}

template <class T>
T run(Task<T> task) {
  T result{};
  start(task, result);
  return result;
}

[[gnu::noinline]] uintptr_t stack_position() {
  return reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
}

Task<uintptr_t> position() { co_return stack_position(); }

// How far the stack has grown at its deepest.
Task<uintptr_t> await_many(int count) {
  Task<uintptr_t> first = position();
  const uintptr_t begin = co_await first;
  uintptr_t deepest = begin;
  for (int i = 0; i < count; ++i) {
    Task<uintptr_t> next = position();
    const uintptr_t here = co_await next;
    deepest = std::min(deepest, here);
  }
  co_return begin - deepest;
}

TEST_F(TaskStackTest, AwaitingInALoopDoesNotGrowIt) { EXPECT_LT(run(await_many(100'000)), 1024u); }

struct Depth {
  uint64_t sum;
  uintptr_t innermost;
};

Task<Depth> sum_to(uint64_t last) {
  if (last == 0) co_return Depth{0, stack_position()};
  Task<Depth> before = sum_to(last - 1);
  const Depth depth = co_await before;
  co_return Depth{depth.sum + last, depth.innermost};
}

TEST_F(TaskStackTest, NestingDoesNotGrowIt) {
  const uintptr_t shallow = run(sum_to(10)).innermost;
  const Depth deep = run(sum_to(100'000));
  EXPECT_EQ(deep.sum, 5'000'050'000u);
  EXPECT_LT(shallow - deep.innermost + 512, 1024u);
}

}  // namespace
}  // namespace sluice
