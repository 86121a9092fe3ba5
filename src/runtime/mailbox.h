// How other threads reach a reactor.
#pragma once

#include <atomic>
#include <cstdint>

#include <sluice/error.h>
#include <sluice/unique_fd.h>

#include "runtime/reactor.h"

namespace sluice {

// A coroutine that another thread has resumed.
struct Delivery : Resumable {
  Delivery* next_delivery = nullptr;
};

// Orders to a shard, each of which includes the ones before it. A poll of fd() on the ring wakes
// the shard. post() is thread-safe and async-signal-safe.
class Mailbox {
 public:
  enum class Order : uint8_t {
    kRun,
    kDrain,  // finish what is under way, begin nothing
    kAbort,  // finish nothing
  };

  // Throws std::system_error.
  Mailbox();

  void post(Order order) noexcept;

  // Wakes the shard without an order, as post() does with one.
  void wake() noexcept;

  // Has the shard resume `delivery`, which it may do, and destroy it, before this returns. Makes
  // fd() readable unless the deliveries before it, which are not yet taken, have done so. The
  // mailbox must outlive the call. Thread-safe.
  void deliver(Delivery& delivery) noexcept;

  // For the shard: makes ready what was delivered. REQUIRES: after acknowledge(), not before it:
  // what is delivered between the two would wake nobody.
  void take_deliveries(Reactor& reactor) noexcept;

  // For the shard: readable (poll(2)) after any of these; order() tells the latest. acknowledge()
  // makes it unreadable again.
  int fd() const noexcept { return event_.get(); }
  Order order() const noexcept { return order_.load(std::memory_order_acquire); }
  void acknowledge() noexcept;

 private:
  UniqueFd event_;
  std::atomic<Order> order_ = Order::kRun;
  std::atomic<Delivery*> delivered_ = nullptr;  // the latest first
};

}  // namespace sluice
