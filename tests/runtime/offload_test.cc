// Coroutines that wait for worker threads, and how these give them back to their shard.
#include "runtime/offload.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <semaphore>
#include <thread>
#include <vector>

#include "runtime/kernel_loop.h"

namespace sluice {
namespace {

class PollMailbox final : public OneShot {
 public:
  PollMailbox(Reactor& reactor, const Mailbox& mailbox) noexcept : OneShot(reactor) {
    io_uring_prep_poll_add(&reactor.ring().prepare(*this), mailbox.fd(), POLLIN);
  }
};

// What a shard does with its mailbox, until an order ends it.
Task<void> follow(Reactor& reactor, Mailbox& mailbox) {
  while (mailbox.order() == Mailbox::Order::kRun) {
    PollMailbox poll(reactor, mailbox);
    co_await poll;
    mailbox.acknowledge();
    mailbox.take_deliveries(reactor);
  }
}

// What one piece of work came to.
struct Outcome {
  std::thread::id worked;
  std::thread::id resumed;
  bool done = false;
};

// The last of `waiting_count` ends the loop.
Detached work(Workers workers, Outcome& outcome, int& waiting_count) {
  Offload offload(
      workers, [&outcome](const std::stop_token&) { outcome.worked = std::this_thread::get_id(); });
  outcome.done = co_await offload;
  outcome.resumed = std::this_thread::get_id();
  if (--waiting_count == 0) workers.mailbox.post(Mailbox::Order::kDrain);
}

TEST(OffloadTest, WorksOnAWorkerAndGoesOnOnTheShard) {
  KernelLoop loop;
  Mailbox mailbox;
  WorkerPool pool(1, 8);
  Outcome outcome;
  int waiting_count = 1;
  work({pool, mailbox}, outcome, waiting_count);
  EXPECT_EQ(waiting_count, 1);
  loop.run(follow(loop.reactor(), mailbox));
  EXPECT_TRUE(outcome.done);
  EXPECT_EQ(outcome.resumed, std::this_thread::get_id());
  EXPECT_NE(outcome.worked, std::this_thread::get_id());
  EXPECT_NE(outcome.worked, std::thread::id());
}

TEST(OffloadTest, WithoutThreadsItDoesNotWait) {
  Mailbox mailbox;
  WorkerPool pool(0, 0);
  Outcome outcome;
  int waiting_count = 1;
  work({pool, mailbox}, outcome, waiting_count);
  EXPECT_EQ(waiting_count, 0);
  EXPECT_TRUE(outcome.done);
  EXPECT_EQ(outcome.worked, std::this_thread::get_id());
}

TEST(OffloadTest, APoolThatHasEndedDoesNothing) {
  for (const unsigned thread_count : {0U, 1U}) {
    Mailbox mailbox;
    WorkerPool pool(thread_count, 8);
    pool.stop();
    Outcome outcome;
    int waiting_count = 1;
    work({pool, mailbox}, outcome, waiting_count);
    EXPECT_EQ(waiting_count, 0);
    EXPECT_FALSE(outcome.done);
    EXPECT_EQ(outcome.worked, std::thread::id());
  }
}

// Until it is told to stop.
Detached hold(Workers workers, std::binary_semaphore& begun, Outcome& outcome, int& waiting_count) {
  Offload offload(workers, [&begun](const std::stop_token& stop) {
    begun.release();
    while (!stop.stop_requested()) std::this_thread::yield();
  });
  outcome.done = co_await offload;
  if (--waiting_count == 0) workers.mailbox.post(Mailbox::Order::kDrain);
}

TEST(OffloadTest, TellsWhatWasNotDone) {
  std::binary_semaphore begun(0);
  KernelLoop loop;
  Mailbox mailbox;
  WorkerPool pool(1, 1);
  const Workers workers{pool, mailbox};
  Outcome running;
  Outcome dropped;
  Outcome refused;
  int waiting_count = 3;
  hold(workers, begun, running, waiting_count);
  begun.acquire();
  work(workers, dropped, waiting_count);
  EXPECT_EQ(waiting_count, 3);
  work(workers, refused, waiting_count);
  EXPECT_EQ(waiting_count, 2);  // too much waits: it goes on at once
  pool.cancel();
  EXPECT_EQ(waiting_count, 2);  // only the shard resumes
  loop.run(follow(loop.reactor(), mailbox));
  EXPECT_EQ(waiting_count, 0);
  EXPECT_TRUE(running.done);
  EXPECT_FALSE(dropped.done);
  EXPECT_EQ(dropped.resumed, std::this_thread::get_id());
  EXPECT_FALSE(refused.done);
  EXPECT_EQ(dropped.worked, std::thread::id());
  EXPECT_EQ(refused.worked, std::thread::id());
}

TEST(OffloadTest, AThousandAtATime) {
  constexpr int kCount = 1000;
  KernelLoop loop;
  Mailbox mailbox;
  WorkerPool pool(4, kCount);
  std::vector<Outcome> outcomes(kCount);
  int waiting_count = kCount;
  for (Outcome& outcome : outcomes) work({pool, mailbox}, outcome, waiting_count);
  loop.run(follow(loop.reactor(), mailbox));
  EXPECT_EQ(waiting_count, 0);
  for (const Outcome& outcome : outcomes) {
    ASSERT_TRUE(outcome.done);
    ASSERT_EQ(outcome.resumed, std::this_thread::get_id());
    ASSERT_NE(outcome.worked, std::this_thread::get_id());
  }
}

// Waits to be delivered.
struct Parking : Delivery {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) noexcept { coroutine = awaiting; }
  void await_resume() const noexcept {}
};

Detached park(Parking& parking, Mailbox& mailbox, int& resumed, int& waiting_count) {
  co_await parking;
  ++resumed;
  if (--waiting_count == 0) mailbox.post(Mailbox::Order::kDrain);
}

TEST(DeliveryTest, EachOfAThousandFromSeveralThreadsIsResumedOnce) {
  constexpr size_t kThreads = 4;
  constexpr size_t kCount = 1000;
  KernelLoop loop;
  Mailbox mailbox;
  std::vector<Parking> parkings(kCount);
  std::vector<int> resumed(kCount);
  int waiting_count = kCount;
  for (size_t i = 0; i < kCount; ++i) park(parkings[i], mailbox, resumed[i], waiting_count);
  std::vector<std::thread> others;
  for (size_t thread = 0; thread < kThreads; ++thread) {
    others.emplace_back([&, thread] {
      for (size_t i = thread; i < kCount; i += kThreads) mailbox.deliver(parkings[i]);
    });
  }
  loop.run(follow(loop.reactor(), mailbox));
  for (std::thread& other : others) other.join();
  EXPECT_EQ(waiting_count, 0);
  EXPECT_EQ(resumed, std::vector<int>(kCount, 1));
}

TEST(DeliveryTest, TakingNothingMakesNothingReady) {
  KernelLoop loop;
  Mailbox mailbox;
  mailbox.take_deliveries(loop.reactor());
  loop.turn();
}

}  // namespace
}  // namespace sluice
