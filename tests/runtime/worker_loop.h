// A reactor with workers, as a shard has them.
#pragma once

#include <poll.h>

#include <cstdint>
#include <utility>

#include "runtime/kernel_loop.h"
#include "runtime/mailbox.h"
#include "runtime/offload.h"

namespace sluice {

class WorkerLoop {
 public:
  explicit WorkerLoop(unsigned thread_count, uint32_t queue_count = 64)
      : pool_(thread_count, queue_count) {
    follow_mailbox();
  }
  ~WorkerLoop() {
    pool_.stop();
    mailbox_.post(Mailbox::Order::kAbort);
    loop_.turn_until([this] { return over_; });
  }
  WorkerLoop(const WorkerLoop&) = delete;
  WorkerLoop& operator=(const WorkerLoop&) = delete;

  Reactor& reactor() noexcept { return loop_.reactor(); }
  WorkerPool& pool() noexcept { return pool_; }
  Workers workers() noexcept { return {pool_, mailbox_}; }

  template <class T>
  T run(Task<T> task) {
    return loop_.run(std::move(task));
  }

  // Turns without waiting until `condition` holds.
  template <class Condition>
  void turn_until(Condition condition) noexcept {
    loop_.turn_until(condition);
  }

 private:
  class PollMailbox final : public OneShot {
   public:
    PollMailbox(Reactor& reactor, const Mailbox& mailbox) noexcept : OneShot(reactor) {
      io_uring_prep_poll_add(&reactor.ring().prepare(*this), mailbox.fd(), POLLIN);
    }
  };

  Detached follow_mailbox() {
    while (mailbox_.order() == Mailbox::Order::kRun) {
      PollMailbox poll(loop_.reactor(), mailbox_);
      co_await poll;
      mailbox_.acknowledge();
      mailbox_.take_deliveries(loop_.reactor());
    }
    over_ = true;
  }

  Mailbox mailbox_;
  KernelLoop loop_;
  WorkerPool pool_;
  bool over_ = false;
};

}  // namespace sluice
