// Few pipes and many who want one.
#include "io/pipe_pool.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
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

// No more descriptors for this process while it lives.
class DescriptorsExhausted {
 public:
  DescriptorsExhausted() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~DescriptorsExhausted() { setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorsExhausted(const DescriptorsExhausted&) = delete;
  DescriptorsExhausted& operator=(const DescriptorsExhausted&) = delete;

 private:
  rlimit before_{};
};

class PipePoolTest : public RingTest {
 protected:
  PipePool& pool(uint32_t count, uint32_t bytes_each = 65'536) {
    pool_ = std::make_unique<PipePool>(reactor_, count, bytes_each, in_use_);
    return *pool_;
  }

  static void put_inside(PipePool::Lease& lease, std::string_view bytes) {
    Pipe& pipe = *lease;
    ASSERT_EQ(write(pipe.write_end.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
    pipe.bytes_inside += static_cast<uint32_t>(bytes.size());
  }

  Counter in_use_;
  std::unique_ptr<PipePool> pool_;
};

TEST_F(PipePoolTest, APipeIsEmptyAndDoesNotBlock) {
  PipePool& pipes = pool(2);
  PipePool::Lease lease = pipes.try_acquire();
  ASSERT_TRUE(lease);
  EXPECT_EQ(pipes.in_use(), 1U);
  EXPECT_EQ(in_use_.value(), 1U);
  Pipe& pipe = *lease;
  EXPECT_GE(pipe.capacity_bytes, 65'536U);
  EXPECT_EQ(pipe.bytes_inside, 0U);
  EXPECT_NE(fcntl(pipe.read_end.get(), F_GETFL) & O_NONBLOCK, 0);
  lease.release();
  EXPECT_EQ(pipes.in_use(), 0U);
  EXPECT_EQ(in_use_.value(), 0U);
}

TEST_F(PipePoolTest, PipesAreKeptAndUsedAgain) {
  PipePool& pipes = pool(4);
  const size_t before = open_descriptors().size();
  for (int i = 0; i < 10; ++i) {
    const PipePool::Lease one = pipes.try_acquire();
    const PipePool::Lease other = pipes.try_acquire();
    EXPECT_TRUE(one && other);
  }
  EXPECT_EQ(open_descriptors().size(), before + 4);
}

TEST_F(PipePoolTest, PipesThatNobodyNeedsAreClosed) {
  PipePool& pipes = pool(4);
  const std::set<int> before = open_descriptors();
  {
    const PipePool::Lease one = pipes.try_acquire();
    const PipePool::Lease two = pipes.try_acquire();
    const PipePool::Lease three = pipes.try_acquire();
  }
  // One is needed now and then, and stays.
  for (int turn = 0; turn < 5; ++turn) {
    run_for(PipePool::kIdleMs / 2);
    EXPECT_TRUE(pipes.try_acquire());
  }
  EXPECT_EQ(open_descriptors().size(), before.size() + 2);
  run_for(3 * PipePool::kIdleMs);
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(pipes.try_acquire());
}

TEST_F(PipePoolTest, NoMoreThanAllowed) {
  PipePool& pipes = pool(2);
  PipePool::Lease one = pipes.try_acquire();
  PipePool::Lease other = pipes.try_acquire();
  EXPECT_TRUE(one && other);
  EXPECT_FALSE(pipes.try_acquire());
  EXPECT_EQ(pipes.in_use(), 2U);
  one.release();
  EXPECT_TRUE(pipes.try_acquire());
}

TEST_F(PipePoolTest, SmallPipesWhereTheseAreAskedFor) {
  PipePool& pipes = pool(1, 4'096);
  PipePool::Lease lease = pipes.try_acquire();
  ASSERT_TRUE(lease);
  EXPECT_EQ((*lease).capacity_bytes, 4'096U);
}

TEST_F(PipePoolTest, ASystemThatRefusesIsAskedAgainAfterAWhile) {
  PipePool& pipes = pool(2);
  {
    const DescriptorsExhausted exhausted;
    EXPECT_FALSE(pipes.try_acquire());
  }
  EXPECT_FALSE(pipes.try_acquire());
  run_for(PipePool::kRefusalMs - 1);
  EXPECT_FALSE(pipes.try_acquire());
  run_for(1);
  EXPECT_TRUE(pipes.try_acquire());
  EXPECT_EQ(pipes.in_use(), 0U);
}

TEST_F(PipePoolTest, ARefusalDoesNotConcernPipesThatAreThere) {
  PipePool& pipes = pool(2);
  PipePool::Lease one = pipes.try_acquire();
  const DescriptorsExhausted exhausted;
  EXPECT_FALSE(pipes.try_acquire());
  one.release();
  EXPECT_TRUE(pipes.try_acquire());
}

TEST_F(PipePoolTest, WhatIsLeftInsideIsThrownAway) {
  PipePool& pipes = pool(1);
  PipePool::Lease first = pipes.try_acquire();
  put_inside(first, std::string(60'000, 'x'));
  first.release();

  PipePool::Lease second = pipes.try_acquire();
  ASSERT_TRUE(second);
  EXPECT_EQ((*second).bytes_inside, 0U);
  EXPECT_EQ(bytes_waiting((*second).read_end.get()), 0U);
}

TEST_F(PipePoolTest, APipeThatCannotBeEmptiedGoes) {
  PipePool& pipes = pool(1);
  const std::set<int> before = open_descriptors();
  PipePool::Lease lease = pipes.try_acquire();
  (*lease).bytes_inside = 5;  // which are not there, so that splice(2) says -EAGAIN
  lease.release();
  EXPECT_EQ(pipes.in_use(), 0U);
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(pipes.try_acquire());
}

TEST_F(PipePoolTest, ScarceWhenMoreThanHalfAreInUse) {
  PipePool& pipes = pool(4);
  const PipePool::Lease one = pipes.try_acquire();
  const PipePool::Lease two = pipes.try_acquire();
  EXPECT_FALSE(pipes.scarce());
  const PipePool::Lease three = pipes.try_acquire();
  EXPECT_TRUE(pipes.scarce());
}

TEST_F(PipePoolTest, LeasesMove) {
  PipePool& pipes = pool(2);
  PipePool::Lease one = pipes.try_acquire();
  PipePool::Lease other = pipes.try_acquire();
  one = std::move(other);  // gives its own back
  EXPECT_EQ(pipes.in_use(), 1U);
  EXPECT_TRUE(one);
  one.release();
  EXPECT_EQ(pipes.in_use(), 0U);
}

}  // namespace
}  // namespace sluice::sim
