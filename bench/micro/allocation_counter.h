// Counts heap allocations, so that a benchmark can show them beside its time.
#pragma once

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>

namespace sluice::bench {

// Calls of operator new, all forms, by the whole process since it began. Linking
// allocation_counter.cc replaces operator new; malloc itself is not counted.
uint64_t allocation_count() noexcept;

// Lives around a benchmark's loop; sets the counter "allocs" to the allocations per iteration, to
// three decimals: Google Benchmark itself allocates once or twice around the loop.
class AllocationColumn {
 public:
  explicit AllocationColumn(benchmark::State& state) noexcept
      : state_(state), before_(allocation_count()) {}
  AllocationColumn(const AllocationColumn&) = delete;
  AllocationColumn& operator=(const AllocationColumn&) = delete;
  ~AllocationColumn() {
    const auto allocations = static_cast<double>(allocation_count() - before_);
    const auto iterations = static_cast<double>(state_.iterations());
    state_.counters["allocs"] = std::round(allocations / iterations * 1000) / 1000;
  }

 private:
  benchmark::State& state_;
  uint64_t before_;
};

}  // namespace sluice::bench
