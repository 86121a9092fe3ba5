// The server under thousands of drawn circumstances.
#include <gtest/gtest.h>

#include <cstdlib>

#include "sim/run_seeds.h"
#include "sim/simulation.h"
#include "support/descriptors.h"

namespace sluice::sim {
namespace {

TEST(Simulation, HoldsWhatItPromisesUnderEverySeed) {
  FaultCounts faults;
  uint64_t answers = 0;
  const SeedRange seeds = seeds_from_environment(kDefaultSeedCount);
  Site::shared();
  const std::set<int> descriptors = testing_support::open_descriptors();
  for (uint64_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
    const SeedInProgress in_progress(seed);
    auto simulation = std::make_unique<Simulation>(seed);
    const std::string problem = simulation->run();
    if (!problem.empty()) {
      simulation->leave_server_behind();
      FAIL() << how_to_rerun(seed) << "\n" << problem;
    }
    faults += simulation->fault_counts();
    answers += simulation->answers_seen();
    simulation.reset();
    ASSERT_EQ(testing_support::open_descriptors(), descriptors) << how_to_rerun(seed);
  }
  RecordProperty("faults", faults.to_string());
  std::printf("%llu seeds, %llu answers; %s\n", static_cast<unsigned long long>(seeds.count),
              static_cast<unsigned long long>(answers), faults.to_string().c_str());
}

TEST(Simulation, IsTheSameForTheSameSeed) {
  const SeedRange seeds = seeds_from_environment(20);
  for (uint64_t seed = seeds.first; seed < seeds.first + std::min<uint64_t>(seeds.count, 20);
       ++seed) {
    const SeedInProgress in_progress(seed);
    uint64_t fingerprints[2];
    for (uint64_t& fingerprint : fingerprints) {
      Simulation simulation(seed);
      ASSERT_EQ(simulation.run(), "") << how_to_rerun(seed);
      fingerprint = simulation.fingerprint();
    }
    EXPECT_EQ(fingerprints[0], fingerprints[1]) << how_to_rerun(seed);
  }
}

}  // namespace
}  // namespace sluice::sim
