// What a shard counts.
#pragma once

#include <atomic>
#include <cstdint>

namespace sluice {

// Written by one thread, read by any.
class Counter {
 public:
  void increment() noexcept { value_.store(value() + 1, std::memory_order_relaxed); }
  void decrement() noexcept { value_.store(value() - 1, std::memory_order_relaxed); }
  uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

// Each of them is explained in include/sluice/stats.h.
struct Counters {
  Counter connections_accepted;
  Counter connections_open;
  Counter accept_failures;
  Counter connection_limit_hits;
  Counter requests;
  Counter responses_aborted;
  Counter clients_timed_out;
  Counter requests_refused;
};

}  // namespace sluice
