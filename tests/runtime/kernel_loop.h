// A reactor on a real ring of this thread, and ways to run coroutines on it.
#pragma once

#include <liburing.h>

#include <optional>
#include <stdexcept>
#include <utility>

#include <sluice/error.h>

#include "ring/kernel_ring.h"
#include "runtime/one_shot.h"
#include "runtime/reactor.h"
#include "runtime/task.h"

namespace sluice {

// Does nothing, by way of the kernel.
class Nop final : public OneShot {
 public:
  explicit Nop(Reactor& reactor) noexcept : OneShot(reactor) {
    io_uring_prep_nop(&reactor.ring().prepare(*this));
  }
};

class KernelLoop {
 public:
  KernelLoop() : ring_(small()), reactor_(enabled(ring_)) {}

  KernelRing& ring() noexcept { return ring_; }
  Reactor& reactor() noexcept { return reactor_; }

  // One turn that does not wait, because there is a completion: one that nobody is interested in.
  void turn() noexcept {
    end_turn();
    reactor_.turn();
  }

  // Takes such turns until `condition` holds.
  template <class Condition>
  void turn_until(Condition condition) noexcept {
    while (!condition()) turn();
  }

  // Runs the loop as a shard does until the task is over; never returns if it never is.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    drive(*this, task, result);
    while (!result) reactor_.turn();
    return std::move(*result);
  }

  void run(Task<void> task) {
    bool over = false;
    drive(*this, task, over);
    while (!over) reactor_.turn();
  }

 private:
  static RingOptions small() noexcept {
    RingOptions options;
    options.submission_entries = 64;
    options.completion_entries = 1024;
    options.receive_buffer_count = 16;
    return options;
  }

  static KernelRing& enabled(KernelRing& ring) {
    if (const Result<void> result = ring.enable(); !result) {
      throw std::runtime_error(to_string(result.error()));
    }
    return ring;
  }

  template <class T>
  static Detached drive(KernelLoop& loop, Task<T>& task, std::optional<T>& result) {
    result.emplace(co_await task);
    loop.end_turn();
  }

  static Detached drive(KernelLoop& loop, Task<void>& task, bool& over) {
    co_await task;
    over = true;
    loop.end_turn();
  }

  // The turn that resumed the caller would now wait for something that may never come.
  void end_turn() noexcept { io_uring_prep_nop(&ring_.prepare_unattended()); }

  KernelRing ring_;
  Reactor reactor_;
};

}  // namespace sluice
