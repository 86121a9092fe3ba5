// Orders from other threads.
#include "runtime/mailbox.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <thread>
#include <vector>

#include "runtime/kernel_loop.h"

namespace sluice {
namespace {

using Order = Mailbox::Order;

bool readable(const Mailbox& mailbox) {
  pollfd wanted{mailbox.fd(), POLLIN, 0};
  return poll(&wanted, 1, 0) == 1;
}

class PollMailbox final : public OneShot {
 public:
  PollMailbox(Reactor& reactor, const Mailbox& mailbox) noexcept : OneShot(reactor) {
    io_uring_prep_poll_add(&reactor.ring().prepare(*this), mailbox.fd(), POLLIN);
  }
};

TEST(MailboxTest, IsUnreadableUntilAPostAndAfterItsAcknowledgement) {
  Mailbox mailbox;
  EXPECT_EQ(mailbox.order(), Order::kRun);
  EXPECT_FALSE(readable(mailbox));
  mailbox.post(Order::kDrain);
  EXPECT_TRUE(readable(mailbox));
  EXPECT_EQ(mailbox.order(), Order::kDrain);
  mailbox.acknowledge();
  EXPECT_FALSE(readable(mailbox));
  EXPECT_EQ(mailbox.order(), Order::kDrain);
}

TEST(MailboxTest, SeveralPostsAreOneAcknowledgement) {
  Mailbox mailbox;
  mailbox.post(Order::kDrain);
  mailbox.post(Order::kAbort);
  mailbox.acknowledge();
  EXPECT_FALSE(readable(mailbox));
  EXPECT_EQ(mailbox.order(), Order::kAbort);
}

TEST(MailboxTest, AcknowledgingNothingDoesNotWait) {
  Mailbox mailbox;
  mailbox.acknowledge();
  EXPECT_FALSE(readable(mailbox));
}

Detached follow_delivery(Mailbox& mailbox, int& resumed_count) {
  struct Waiting : Delivery {
    explicit Waiting(Mailbox& to) noexcept : mailbox(to) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> awaiting) noexcept {
      coroutine = awaiting;
      mailbox.deliver(*this);
    }
    void await_resume() const noexcept {}
    Mailbox& mailbox;
  };
  Waiting waiting(mailbox);
  co_await waiting;
  ++resumed_count;
}

TEST(MailboxTest, OneWakeUpIsForAllDeliveriesUntilTheyAreTaken) {
  KernelLoop loop;
  Mailbox mailbox;
  int resumed_count = 0;
  for (int round = 1; round <= 2; ++round) {
    follow_delivery(mailbox, resumed_count);
    EXPECT_TRUE(readable(mailbox));
    mailbox.acknowledge();
    follow_delivery(mailbox, resumed_count);
    EXPECT_FALSE(readable(mailbox));
    mailbox.take_deliveries(loop.reactor());
    loop.turn_until([&] { return resumed_count == 2 * round; });
  }
}

Task<int> follow(Reactor& reactor, Mailbox& mailbox) {
  int wake_ups = 0;
  do {
    PollMailbox poll(reactor, mailbox);
    co_await poll;
    mailbox.acknowledge();
    ++wake_ups;
  } while (mailbox.order() != Order::kAbort);
  co_return wake_ups;
}

TEST(MailboxTest, AnotherThreadWakesTheLoop) {
  KernelLoop loop;
  Mailbox mailbox;
  std::thread other([&] {
    mailbox.post(Order::kDrain);
    mailbox.post(Order::kAbort);
  });
  EXPECT_GE(loop.run(follow(loop.reactor(), mailbox)), 1);
  other.join();
}

TEST(MailboxTest, ThePostsOfManyThreadsWakeTheLoop) {
  for (int round = 0; round < 20; ++round) {
    KernelLoop loop;
    Mailbox mailbox;
    std::thread last([&] {
      std::vector<std::thread> others;
      for (int i = 0; i < 4; ++i) {
        others.emplace_back([&] {
          for (int post = 0; post < 50; ++post) mailbox.post(Order::kDrain);
        });
      }
      for (std::thread& other : others) other.join();
      mailbox.post(Order::kAbort);
    });
    EXPECT_GE(loop.run(follow(loop.reactor(), mailbox)), 1);
    last.join();
  }
}

}  // namespace
}  // namespace sluice
