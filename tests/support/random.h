// Random numbers for tests: the same from the same seed, on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace sluice::testing_support {

// SplitMix64. The distributions are written out because those of the standard differ from one
// library to the next, and then a seed would say nothing.
class Random {
 public:
  explicit Random(uint64_t seed) noexcept : state_(seed) {}

  uint64_t next() noexcept {
    state_ += 0x9E3779B97F4A7C15U;
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
  }

  // From 0 to bound - 1. REQUIRES: bound > 0.
  uint64_t below(uint64_t bound) noexcept { return next() % bound; }

  // From low to high, both included.
  uint64_t between(uint64_t low, uint64_t high) noexcept { return low + below(high - low + 1); }

  bool chance(double probability) noexcept {
    if (probability <= 0) return false;
    return static_cast<double>(next() >> 11U) * 0x1.0p-53 < probability;
  }

  template <class T>
  T pick(std::initializer_list<T> choices) noexcept {
    return choices.begin()[below(choices.size())];
  }

  // A generator of its own for a part of a test, so that what happens in one part does not change
  // the numbers of another.
  Random fork() noexcept { return Random(next()); }

 private:
  uint64_t state_;
};

}  // namespace sluice::testing_support
