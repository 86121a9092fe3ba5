#include "sim/run_seeds.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace sluice::sim {

namespace {

// Written beforehand, so that a signal handler has only to put it out.
char told_on_crash[512];

void tell_and_crash(int signal) {
  const ssize_t ignored = write(STDERR_FILENO, told_on_crash, std::strlen(told_on_crash));
  static_cast<void>(ignored);
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

uint64_t number_from_environment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

SeedRange seeds_from_environment(uint64_t default_count) {
  return {number_from_environment("SLUICE_SIM_FIRST_SEED", 1),
          number_from_environment("SLUICE_SIM_SEEDS", default_count)};
}

std::string how_to_rerun(uint64_t seed) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  const std::string name =
      test == nullptr ? "*" : std::string(test->test_suite_name()) + "." + test->name();
  const std::string number = std::to_string(seed);
  return "seed " + number + "; to run it again: SLUICE_SIM_FIRST_SEED=" + number +
         " SLUICE_SIM_SEEDS=1 sim_test --gtest_filter=" + name;
}

SeedInProgress::SeedInProgress(uint64_t seed) {
  std::strncpy(told_on_crash, (how_to_rerun(seed) + "\n").c_str(), sizeof told_on_crash - 1);
  ::signal(SIGABRT, tell_and_crash);
  ::signal(SIGSEGV, tell_and_crash);
}

SeedInProgress::~SeedInProgress() {
  ::signal(SIGABRT, SIG_DFL);
  ::signal(SIGSEGV, SIG_DFL);
}

}  // namespace sluice::sim
