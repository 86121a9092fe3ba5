// Which seeds a test runs, and how to run a single one again.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::sim {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr uint64_t kDefaultSeedCount = 400;
#else
inline constexpr uint64_t kDefaultSeedCount = 2'000;
#endif

struct SeedRange {
  uint64_t first;
  uint64_t count;
};

// SLUICE_SIM_FIRST_SEED (default 1) and SLUICE_SIM_SEEDS.
SeedRange seeds_from_environment(uint64_t default_count);

// "seed 17; to run it again: …".
std::string how_to_rerun(uint64_t seed);

// While it lives, a crash of the process tells the seed.
class SeedInProgress {
 public:
  explicit SeedInProgress(uint64_t seed);
  ~SeedInProgress();
  SeedInProgress(const SeedInProgress&) = delete;
  SeedInProgress& operator=(const SeedInProgress&) = delete;
};

}  // namespace sluice::sim
