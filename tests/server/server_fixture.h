// What tests of a server in this process have in common.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <sluice/options.h>

#include "support/temporary_directory.h"

namespace sluice {

// A thread as proc_pid_status(5) shows it.
struct ThreadStatus {
  uint64_t blocked_signals = 0;
  bool blocks(int signal) const { return (blocked_signals >> (signal - 1) & 1U) != 0; }
};

// The threads of all servers in this process.
std::vector<ThreadStatus> shard_threads();

class ServerFixture : public testing::Test {
 protected:
  ServerFixture();

  // One thread that serves directory_ at a port of its own.
  Options options() const;

  // Fails the test when that takes longer than any machine should.
  template <class Condition>
  static void wait_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "waited in vain";
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

  testing_support::TemporaryDirectory directory_;  // with a "file.txt" that says "content"
};

}  // namespace sluice
