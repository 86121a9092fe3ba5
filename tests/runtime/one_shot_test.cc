// Operations with one completion, on the real ring.
#include "runtime/one_shot.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include <sluice/unique_fd.h>

#include "runtime/kernel_loop.h"
#include "runtime/sleep.h"

namespace sluice {
namespace {

// Readable when somebody has written, which is when the test says so.
class PollOnce final : public OneShot {
 public:
  PollOnce(Reactor& reactor, int fd) noexcept : OneShot(reactor) {
    io_uring_prep_poll_add(&reactor.ring().prepare(*this), fd, POLLIN);
  }
};

class CloseBad final : public OneShot {
 public:
  explicit CloseBad(Reactor& reactor) noexcept : OneShot(reactor) {
    io_uring_prep_close(&reactor.ring().prepare(*this), 1 << 30);
  }
};

class Eventfd {
 public:
  Eventfd() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  int fd() const { return fd_.get(); }
  void signal() const { EXPECT_EQ(eventfd_write(fd_.get(), 1), 0); }

 private:
  UniqueFd fd_;
};

Task<int> await_nop(Reactor& reactor) {
  Nop nop(reactor);
  co_return co_await nop;
}

Task<int> await_bad_close(Reactor& reactor) {
  CloseBad close(reactor);
  co_return co_await close;
}

TEST(OneShotTest, YieldsTheResult) {
  KernelLoop loop;
  EXPECT_EQ(loop.run(await_nop(loop.reactor())), 0);
  EXPECT_EQ(loop.run(await_bad_close(loop.reactor())), -EBADF);
}

TEST(OneShotTest, IsUnderWayBeforeItIsAwaited) {
  KernelLoop loop;
  Nop nop(loop.reactor());
  EXPECT_FALSE(nop.done());
  loop.turn_until([&] { return nop.done(); });
  EXPECT_EQ(nop.result(), 0);
}

Task<int> await_finished(Reactor& reactor) {
  Nop early(reactor);
  Nop late(reactor);
  co_await late;
  EXPECT_TRUE(early.done());
  co_return co_await early;
}

TEST(OneShotTest, ADoneOneIsAwaitedWithoutWaiting) {
  KernelLoop loop;
  EXPECT_EQ(loop.run(await_finished(loop.reactor())), 0);
}

struct Bounded {
  bool in_time = false;
  bool done_afterwards = false;
  int result = 0;
};

// Waits for `eventfd` within `timeout_ms`; where that was too short, signals it and waits on.
Task<Bounded> wait_within(Reactor& reactor, const Eventfd& eventfd, uint64_t timeout_ms) {
  Bounded outcome;
  PollOnce poll(reactor, eventfd.fd());
  outcome.in_time = co_await poll.within(timeout_ms);
  outcome.done_afterwards = poll.done();
  if (!outcome.in_time) eventfd.signal();
  outcome.result = co_await poll;
  co_return outcome;
}

TEST(OneShotTest, WithinTellsThatItIsDone) {
  KernelLoop loop;
  const Eventfd eventfd;
  eventfd.signal();
  const Bounded outcome = loop.run(wait_within(loop.reactor(), eventfd, 60'000));
  EXPECT_TRUE(outcome.in_time);
  EXPECT_TRUE(outcome.done_afterwards);
  EXPECT_EQ(outcome.result, POLLIN);
}

TEST(OneShotTest, WithinTellsThatItIsStillUnderWay) {
  KernelLoop loop;
  const Eventfd eventfd;
  const Bounded outcome = loop.run(wait_within(loop.reactor(), eventfd, 30));
  EXPECT_FALSE(outcome.in_time);
  EXPECT_FALSE(outcome.done_afterwards);
  EXPECT_EQ(outcome.result, POLLIN);
}

Task<int> wait_in_pieces(Reactor& reactor, const Eventfd& eventfd, int pieces) {
  PollOnce poll(reactor, eventfd.fd());
  int waited = 0;
  while (true) {
    const bool done = co_await poll.within(1);
    if (done) co_return waited;
    if (++waited == pieces) eventfd.signal();
  }
}

TEST(OneShotTest, WithinMayBeRepeated) {
  KernelLoop loop;
  const Eventfd eventfd;
  EXPECT_GE(loop.run(wait_in_pieces(loop.reactor(), eventfd, 5)), 5);
}

// After within() its timer must be gone: nothing is left that could resume the coroutine again.
Task<int> wait_then_sleep(Reactor& reactor, const Eventfd& eventfd) {
  int resumptions = 0;
  {
    PollOnce poll(reactor, eventfd.fd());
    co_await poll.within(20);
    ++resumptions;
  }
  Sleep pause(reactor, 100);
  co_await pause;
  ++resumptions;
  co_return resumptions;
}

TEST(OneShotTest, WithinLeavesNoTimerBehind) {
  KernelLoop loop;
  const Eventfd eventfd;
  eventfd.signal();
  const uint64_t before_ms = loop.reactor().now_ms();
  EXPECT_EQ(loop.run(wait_then_sleep(loop.reactor(), eventfd)), 2);
  EXPECT_GE(loop.reactor().now_ms() - before_ms, 100u);
}

// The completion and the timer arrive in one turn: the completion wins, once.
TEST(OneShotTest, ACompletionAndItsTimeoutInOneTurn) {
  KernelLoop loop;
  for (int round = 0; round < 5; ++round) {
    const Eventfd eventfd;
    Bounded outcome;
    bool over = false;
    // 1 ms has passed by the time that the ring is looked at, and the event is there too.
    struct Body {
      static Detached run(Reactor& reactor, const Eventfd& eventfd, Bounded& outcome, bool& over) {
        Task<Bounded> waiting = wait_within(reactor, eventfd, 1);
        outcome = co_await waiting;
        over = true;
      }
    };
    Body::run(loop.reactor(), eventfd, outcome, over);
    loop.ring().submit_and_wait(0);
    eventfd.signal();
    usleep(40'000);
    loop.turn_until([&] { return over; });
    EXPECT_TRUE(outcome.in_time);
    EXPECT_EQ(outcome.result, POLLIN);
  }
}

TEST(OneShotTest, MoreAtOnceThanTheSubmissionQueueHolds) {
  KernelLoop loop;
  std::vector<std::unique_ptr<Nop>> nops;
  for (int i = 0; i < 500; ++i) nops.push_back(std::make_unique<Nop>(loop.reactor()));
  for (const auto& nop : nops) {
    loop.turn_until([&] { return nop->done(); });
  }
}

#ifndef NDEBUG
TEST(OneShotDeathTest, IsNotDestroyedWhileItIsUnderWay) {
  EXPECT_DEATH(
      {
        KernelLoop loop;
        {
          const Nop nop(loop.reactor());
        }
      },
      "assertion failed");
}
#endif

}  // namespace
}  // namespace sluice
