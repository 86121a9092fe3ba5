// Waiting for another coroutine of the same reactor: Event, Gate, Sleep.
#include "runtime/event.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "runtime/gate.h"
#include "runtime/kernel_loop.h"
#include "runtime/sleep.h"

namespace sluice {
namespace {

Task<int> wait_for(Event& event, const bool& condition) {
  int looks = 1;
  while (!condition) {
    co_await event.wait();
    ++looks;
  }
  co_return looks;
}

Detached start(Task<int>& task, std::optional<int>& result) { result = co_await task; }

TEST(EventTest, ResumesItsWaiterInALaterTurn) {
  KernelLoop loop;
  Event event(loop.reactor());
  bool condition = false;
  std::optional<int> looks;
  Task<int> waiting = wait_for(event, condition);
  start(waiting, looks);
  condition = true;
  event.notify();
  EXPECT_FALSE(looks) << "resumed inside notify()";
  loop.turn();
  EXPECT_EQ(looks, 2);
}

TEST(EventTest, NotifyingTwiceResumesOnce) {
  KernelLoop loop;
  Event event(loop.reactor());
  bool condition = false;
  std::optional<int> looks;
  Task<int> waiting = wait_for(event, condition);
  start(waiting, looks);
  event.notify();
  event.notify();
  loop.turn();
  EXPECT_FALSE(looks);
  condition = true;
  event.notify();
  loop.turn();
  EXPECT_EQ(looks, 3);
}

TEST(EventTest, WithoutAWaiterItIsForgotten) {
  KernelLoop loop;
  Event event(loop.reactor());
  event.notify();
  bool condition = false;
  std::optional<int> looks;
  Task<int> waiting = wait_for(event, condition);
  start(waiting, looks);
  Nop nop(loop.reactor());
  loop.turn_until([&] { return nop.done(); });
  EXPECT_FALSE(looks);
  condition = true;
  event.notify();
  loop.turn();
  EXPECT_EQ(looks, 2);
}

Detached ping(Event& mine, Event& theirs, int rounds, std::string name,
              std::vector<std::string>& log) {
  for (int round = 0; round < rounds; ++round) {
    co_await mine.wait();
    log.push_back(name);
    theirs.notify();
  }
}

TEST(EventTest, TwoCoroutinesTakeTurns) {
  KernelLoop loop;
  Event first(loop.reactor());
  Event second(loop.reactor());
  std::vector<std::string> log;
  ping(first, second, 3, "first", log);
  ping(second, first, 3, "second", log);
  first.notify();
  for (int turn = 0; turn < 6; ++turn) loop.turn();
  EXPECT_EQ(log,
            (std::vector<std::string>{"first", "second", "first", "second", "first", "second"}));
}

Detached pass_through(Gate& gate, Event& may_leave, int& left) {
  const Gate::Pass pass(gate);
  co_await may_leave.wait();
  ++left;
}

Task<int> wait_until_empty(Gate& gate, const int& left) {
  while (gate.count() > 0) co_await gate.changed();
  co_return left;
}

TEST(GateTest, OpensWhenTheLastHasLeft) {
  KernelLoop loop;
  Gate gate(loop.reactor());
  Event events[3] = {Event(loop.reactor()), Event(loop.reactor()), Event(loop.reactor())};
  int left = 0;
  for (Event& event : events) pass_through(gate, event, left);
  EXPECT_EQ(gate.count(), 3u);

  std::optional<int> left_at_the_end;
  Task<int> waiting = wait_until_empty(gate, left);
  start(waiting, left_at_the_end);
  for (Event& event : events) {
    EXPECT_FALSE(left_at_the_end);
    event.notify();
    loop.turn();  // it leaves
    loop.turn();  // and who waits for that is told
  }
  EXPECT_EQ(gate.count(), 0u);
  EXPECT_EQ(left_at_the_end, 3);
}

Task<int> count_changes(Gate& gate, const bool& enough) {
  int changes = 0;
  while (!enough) {
    co_await gate.changed();
    ++changes;
  }
  co_return changes;
}

TEST(GateTest, MayBeToldToLookAgain) {
  KernelLoop loop;
  Gate gate(loop.reactor());
  bool enough = false;
  std::optional<int> changes;
  Task<int> counting = count_changes(gate, enough);
  start(counting, changes);
  {
    const Gate::Pass pass(gate);
  }
  loop.turn();
  enough = true;
  gate.notify();
  loop.turn();
  EXPECT_EQ(changes, 2);
}

Task<uint64_t> sleep_for(Reactor& reactor, uint64_t duration_ms) {
  const uint64_t before_ms = reactor.now_ms();
  Sleep pause(reactor, duration_ms);
  co_await pause;
  co_return reactor.now_ms() - before_ms;
}

TEST(SleepTest, LastsAtLeastItsTime) {
  KernelLoop loop;
  for (const uint64_t duration_ms : {0, 1, 20, 50}) {
    EXPECT_GE(loop.run(sleep_for(loop.reactor(), duration_ms)), duration_ms);
  }
}

Detached sleep_and_log(Reactor& reactor, uint64_t duration_ms, std::vector<uint64_t>& log) {
  Sleep pause(reactor, duration_ms);
  co_await pause;
  log.push_back(duration_ms);
}

TEST(SleepTest, ManySleepersWakeInTheirOrder) {
  KernelLoop loop;
  std::vector<uint64_t> log;
  for (const uint64_t duration_ms : {150, 50, 250, 100, 200}) {
    sleep_and_log(loop.reactor(), duration_ms, log);
  }
  loop.turn_until([&] { return log.size() == 5; });
  EXPECT_EQ(log, (std::vector<uint64_t>{50, 100, 150, 200, 250}));
}

}  // namespace
}  // namespace sluice
