// A number that one thread counts and others read.
#pragma once

#include <atomic>
#include <cstdint>

namespace sluice {

// Written by one thread, read by any.
class Counter {
 public:
  void increment() noexcept { add(1); }
  void decrement() noexcept { value_.store(value() - 1, std::memory_order_relaxed); }
  void add(uint64_t count) noexcept { value_.store(value() + count, std::memory_order_relaxed); }
  uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

}  // namespace sluice
