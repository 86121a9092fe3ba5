// A coroutine waits for work that a worker thread does.
#pragma once

#include <coroutine>
#include <utility>

#include "runtime/mailbox.h"
#include "runtime/reactor.h"
#include "runtime/worker_pool.h"

namespace sluice {

// Where a shard's coroutines find workers, and where these tell that they are done.
struct Workers {
  WorkerPool& pool;
  Mailbox& mailbox;
};

//   Offload hashing(workers, [&](std::stop_token stop) { ... });  // named: lives in this frame
//   const bool done = co_await hashing;
//
// False when the function was not called: too much waits already, or the server is ending. What the
// function uses belongs to it alone until then. REQUIRES: awaited once, on the thread that takes
// the mailbox's deliveries.
template <class Function>
class Offload final : private WorkerPool::Job, private Delivery {
 public:
  Offload(Workers workers, Function function) noexcept
      : workers_(workers), function_(std::move(function)) {}

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiting) noexcept {
    coroutine = awaiting;
    // What is delivered is resumed by the thread that is here: not before this returns.
    return workers_.pool.submit(*this) && !workers_.pool.immediate();
  }
  bool await_resume() const noexcept { return done_; }

 private:
  void run(std::stop_token stop) noexcept override {
    function_(std::move(stop));
    done_ = true;
    if (!workers_.pool.immediate()) workers_.mailbox.deliver(*this);
  }
  void dropped() noexcept override { workers_.mailbox.deliver(*this); }

  Workers workers_;
  Function function_;
  bool done_ = false;
};

}  // namespace sluice
