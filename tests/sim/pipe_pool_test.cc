// Few pipes and many who want one.
#include "io/pipe_pool.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/ring_fixture.h"
#include "support/descriptors.h"

namespace sluice::sim {
namespace {

using testing_support::bytes_waiting;
using testing_support::open_descriptors;

constexpr uint64_t kTimeoutMs = 1'000;

// Somebody who wants a pipe.
struct Wanting {
  std::optional<PipePool::Lease> lease;  // empty inside: no pipe was to be had

  bool answered() const { return lease.has_value(); }
  bool has_pipe() { return lease && *lease; }
};

Detached acquire(PipePool& pool, Wanting& wanting) {
  PipePool::Acquire acquiring(pool, kTimeoutMs);
  PipePool::Lease lease = co_await acquiring;
  wanting.lease = std::move(lease);
}

class PipePoolTest : public RingTest {
 protected:
  PipePool& pool(uint32_t count) {
    pool_ = std::make_unique<PipePool>(reactor_, count, 65'536);
    return *pool_;
  }

  static void put_inside(PipePool::Lease& lease, std::string_view bytes) {
    Pipe& pipe = *lease;
    ASSERT_EQ(write(pipe.write_end.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
    pipe.bytes_inside += static_cast<uint32_t>(bytes.size());
  }

  std::unique_ptr<PipePool> pool_;
};

TEST_F(PipePoolTest, APipeThatIsThereIsHadAtOnce) {
  PipePool& pipes = pool(2);
  Wanting first;
  acquire(pipes, first);
  ASSERT_TRUE(first.has_pipe());
  EXPECT_EQ(pipes.in_use(), 1U);
  Pipe& pipe = **first.lease;
  EXPECT_GE(pipe.capacity_bytes, 65'536U);
  EXPECT_EQ(pipe.bytes_inside, 0U);
  EXPECT_NE(fcntl(pipe.read_end.get(), F_GETFL) & O_NONBLOCK, 0);
  first.lease->release();
  EXPECT_EQ(pipes.in_use(), 0U);
}

TEST_F(PipePoolTest, PipesAreKeptAndUsedAgain) {
  PipePool& pipes = pool(4);
  const size_t before = open_descriptors().size();
  for (int i = 0; i < 10; ++i) {
    Wanting one;
    Wanting other;
    acquire(pipes, one);
    acquire(pipes, other);
    EXPECT_TRUE(one.has_pipe() && other.has_pipe());
  }
  EXPECT_EQ(open_descriptors().size(), before + 2);  // the first was there already
}

TEST_F(PipePoolTest, NoMoreThanAllowed) {
  PipePool& pipes = pool(2);
  Wanting wanting[3];
  for (Wanting& one : wanting) acquire(pipes, one);
  EXPECT_TRUE(wanting[0].has_pipe());
  EXPECT_TRUE(wanting[1].has_pipe());
  EXPECT_FALSE(wanting[2].answered());
  EXPECT_EQ(pipes.in_use(), 2U);
  EXPECT_TRUE(pipes.wanted());

  wanting[0].lease->release();
  run_for(1);
  EXPECT_TRUE(wanting[2].has_pipe());
  EXPECT_EQ(pipes.in_use(), 2U);
  EXPECT_FALSE(pipes.wanted());
}

TEST_F(PipePoolTest, WhoWaitsLongestIsNext) {
  PipePool& pipes = pool(1);
  Wanting wanting[5];
  for (Wanting& one : wanting) acquire(pipes, one);
  for (int i = 0; i < 4; ++i) {
    for (int later = i + 1; later < 5; ++later) EXPECT_FALSE(wanting[later].answered());
    wanting[i].lease->release();
    run_for(1);
    EXPECT_TRUE(wanting[i + 1].has_pipe());
  }
}

TEST_F(PipePoolTest, ANewcomerDoesNotOvertake) {
  PipePool& pipes = pool(1);
  Wanting holder;
  Wanting waiting;
  Wanting newcomer;
  acquire(pipes, holder);
  acquire(pipes, waiting);
  holder.lease->release();
  acquire(pipes, newcomer);  // before the one that waited has been resumed
  EXPECT_FALSE(newcomer.answered());
  run_for(1);
  EXPECT_TRUE(waiting.has_pipe());
  EXPECT_FALSE(newcomer.answered());
  waiting.lease->release();
  run_for(1);
  EXPECT_TRUE(newcomer.has_pipe());
}

TEST_F(PipePoolTest, WaitingEndsEmptyHandedAfterItsTime) {
  PipePool& pipes = pool(1);
  Wanting holder;
  Wanting waiting;
  acquire(pipes, holder);
  acquire(pipes, waiting);
  run_for(kTimeoutMs - 1);
  EXPECT_FALSE(waiting.answered());
  run_for(1 + TimerWheel::kTickMs);
  EXPECT_TRUE(waiting.answered());
  EXPECT_FALSE(waiting.has_pipe());
  EXPECT_FALSE(pipes.wanted());
  EXPECT_EQ(pipes.in_use(), 1U);
}

// A pipe that is given to somebody in the turn in which his time is up is his.
TEST_F(PipePoolTest, APipeAndTheEndOfTheWaitInOneTurn) {
  PipePool& pipes = pool(1);
  Wanting holder;
  Wanting waiting;
  acquire(pipes, holder);
  acquire(pipes, waiting);
  run_for(kTimeoutMs - 1);
  holder.lease->release();
  ring_.wake_at(ring_.now_ms() + 2 * TimerWheel::kTickMs);
  reactor_.turn();
  run_for(2 * TimerWheel::kTickMs);
  EXPECT_TRUE(waiting.has_pipe());
  EXPECT_EQ(pipes.in_use(), 1U);
}

TEST_F(PipePoolTest, WhatIsLeftInsideIsThrownAway) {
  PipePool& pipes = pool(1);
  Wanting first;
  acquire(pipes, first);
  put_inside(*first.lease, "meant for somebody else");
  first.lease->release();

  Wanting second;
  acquire(pipes, second);
  ASSERT_TRUE(second.has_pipe());
  EXPECT_EQ((**second.lease).bytes_inside, 0U);
  EXPECT_EQ(bytes_waiting((**second.lease).read_end.get()), 0U);
}

TEST_F(PipePoolTest, WhatIsLeftInsideIsThrownAwayBeforeItIsHandedOver) {
  PipePool& pipes = pool(1);
  Wanting first;
  Wanting second;
  acquire(pipes, first);
  acquire(pipes, second);
  put_inside(*first.lease, std::string(60'000, 'x'));
  first.lease->release();
  run_for(1);
  ASSERT_TRUE(second.has_pipe());
  EXPECT_EQ((**second.lease).bytes_inside, 0U);
  EXPECT_EQ(bytes_waiting((**second.lease).read_end.get()), 0U);
}

TEST_F(PipePoolTest, APipeThatCannotBeEmptiedIsReplaced) {
  PipePool& pipes = pool(1);
  const std::set<int> before = open_descriptors();
  Wanting first;
  acquire(pipes, first);
  (**first.lease).bytes_inside = 5;  // which are not there, so that splice(2) says -EAGAIN
  first.lease->release();
  EXPECT_EQ(pipes.in_use(), 0U);
  EXPECT_EQ(open_descriptors().size(), before.size());
  Wanting second;
  acquire(pipes, second);
  EXPECT_TRUE(second.has_pipe());
}

TEST_F(PipePoolTest, ScarceWhenMoreThanHalfAreInUse) {
  PipePool& pipes = pool(4);
  Wanting wanting[3];
  acquire(pipes, wanting[0]);
  acquire(pipes, wanting[1]);
  EXPECT_FALSE(pipes.scarce());
  acquire(pipes, wanting[2]);
  EXPECT_TRUE(pipes.scarce());
}

TEST_F(PipePoolTest, LeasesMove) {
  PipePool& pipes = pool(2);
  Wanting one;
  Wanting other;
  acquire(pipes, one);
  acquire(pipes, other);
  *one.lease = std::move(*other.lease);  // gives its own back
  EXPECT_EQ(pipes.in_use(), 1U);
  EXPECT_TRUE(one.has_pipe());
  EXPECT_FALSE(other.has_pipe());
  other.lease->release();
  EXPECT_EQ(pipes.in_use(), 1U);
}

}  // namespace
}  // namespace sluice::sim
