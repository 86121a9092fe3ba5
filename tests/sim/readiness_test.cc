// Waits for a connection whose peer is given a time, in pieces as a bounded transfer waits.
#include <gtest/gtest.h>
#include <poll.h>

#include <optional>
#include <string>

#include "server/receive_readiness.h"
#include "sim/ring_fixture.h"
#include "transfer/socket_readiness.h"

namespace sluice::sim {
namespace {

constexpr uint64_t kProgressMs = 1'000;

class ReadinessTest : public RingTest {
 protected:
  ReadinessTest() {
    ring_.kernel().adopt(pair_.server.get());
    socket_.emplace(reactor_, std::move(pair_.server));
  }

  static Detached drive(Task<Result<Readiness::Wake>> task,
                        std::optional<Result<Readiness::Wake>>& end) {
    end = co_await task;
  }

  // A wait that may take any time and yet ends.
  Result<Readiness::Wake> wait(Readiness& readiness, unsigned events, uint64_t patience_ms) {
    std::optional<Result<Readiness::Wake>> end;
    drive(readiness.wait(events, patience_ms), end);
    EXPECT_TRUE(run_until([&] { return end.has_value(); }, 10 * kProgressMs));
    return end.value();
  }

  // Until the poll of a wait that was impatient is overdue and yet not done.
  void pass_deadline() {
    EXPECT_TRUE(run_until([this] { return socket_->deadline().passed(); }, 2 * kProgressMs));
  }

  void fill_socket() const {
    const std::string bytes(1'000, 'x');
    while (send(socket_->fd(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) continue;
  }

  void make_completions_late() {
    ring_.faults().very_late = 1;
    ring_.faults().very_late_ms = 500;
  }

  SocketPair pair_ = make_socket_pair();
  std::optional<Socket> socket_;
  Counter timeouts_;
};

TEST_F(ReadinessTest, GoesOnWithAnImpatientWait) {
  ReceiveReadiness readiness(*socket_, kProgressMs, timeouts_);
  EXPECT_EQ(wait(readiness, POLLIN, 0), Readiness::Wake::kImpatient);
  EXPECT_EQ(wait(readiness, POLLIN, kProgressMs / 2), Readiness::Wake::kImpatient);
  write_to(pair_.client, "x");
  EXPECT_EQ(wait(readiness, POLLIN, Readiness::kPatient), Readiness::Wake::kReady);
  run_for(2 * kProgressMs);
  EXPECT_FALSE(socket_->deadline().passed());
}

TEST_F(ReadinessTest, EndsAClientThatSendsNothing) {
  ReceiveReadiness readiness(*socket_, kProgressMs, timeouts_);
  const Result<Readiness::Wake> end = wait(readiness, POLLIN, Readiness::kPatient);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, ErrorCode::kTimedOut);
  EXPECT_FALSE(wait(readiness, POLLIN, Readiness::kPatient));
  EXPECT_EQ(timeouts_.value(), 1U);
}

TEST_F(ReadinessTest, LeavesNoPollBehindWhenAClientIsOutOfTimeBetweenTwoWaits) {
  make_completions_late();
  {
    ReceiveReadiness readiness(*socket_, kProgressMs, timeouts_);
    EXPECT_EQ(wait(readiness, POLLIN, 0), Readiness::Wake::kImpatient);
    pass_deadline();
    const Result<Readiness::Wake> end = wait(readiness, POLLIN, Readiness::kPatient);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, ErrorCode::kTimedOut);
  }
  EXPECT_EQ(timeouts_.value(), 1U);
}

TEST_F(ReadinessTest, LeavesNoPollBehindWhenAReaderIsOutOfTimeBetweenTwoWaits) {
  fill_socket();
  make_completions_late();
  {
    SocketReadiness readiness(*socket_, kProgressMs);
    EXPECT_EQ(wait(readiness, POLLOUT, 0), Readiness::Wake::kImpatient);
    pass_deadline();
    const Result<Readiness::Wake> end = wait(readiness, POLLOUT, Readiness::kPatient);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, ErrorCode::kTimedOut);
  }
}

}  // namespace
}  // namespace sluice::sim
