// For tests of a part of sluice by itself: a simulated ring without faults and its reactor.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

#include "runtime/one_shot.h"
#include "runtime/task.h"
#include "sim/fake_ring.h"
#include "sim/run_until.h"
#include "sim/sim_server.h"

namespace sluice::sim {

class RingTest : public testing::Test {
 protected:
  explicit RingTest(const FakeRing::Options& options = {}) : ring_(options), reactor_(ring_) {}

  void TearDown() override {
    EXPECT_EQ(ring_.problem(), "");
    EXPECT_EQ(ring_.pending_count(), 0U);
    EXPECT_EQ(ring_.buffers_out(), 0U);
  }

  template <class Condition>
  bool run_until(Condition condition, uint64_t within_ms = 1'000) {
    return sim::run_until(ring_, reactor_, within_ms, condition);
  }
  void run_for(uint64_t ms) { sim::run_for(ring_, reactor_, ms); }

  // Waits for an operation that the test holds.
  static Detached await_result(OneShot& operation, std::optional<int>& result) {
    result = co_await operation;
  }
  static Detached await_within(OneShot& operation, uint64_t timeout_ms, std::optional<bool>& done) {
    done = co_await operation.within(timeout_ms);
  }

  // What an operation yields; fails the test when it does not end soon.
  int result_of(OneShot& operation) {
    EXPECT_TRUE(run_until([&operation] { return operation.done(); }));
    return operation.done() ? operation.result() : INT32_MIN;
  }

  FakeRing ring_;
  Reactor reactor_;
};

inline void write_to(const UniqueFd& socket, std::string_view bytes) {
  ASSERT_EQ(send(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
}

// All that waits to be read.
inline std::string read_from(const UniqueFd& socket) {
  std::string all;
  char buffer[65'536];
  ssize_t received;
  while ((received = recv(socket.get(), buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
    all.append(buffer, static_cast<size_t>(received));
  }
  return all;
}

// True when the other end has finished sending, and everything was read.
inline bool at_end(const UniqueFd& socket) {
  char byte;
  return recv(socket.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

}  // namespace sluice::sim
