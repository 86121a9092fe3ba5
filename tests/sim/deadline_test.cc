// A time by which a peer must have done something, to the tick.
#include "io/deadline.h"

#include <gtest/gtest.h>

#include <string>

#include "sim/ring_fixture.h"

namespace sluice::sim {
namespace {

constexpr uint64_t kTickMs = TimerWheel::kTickMs;

class DeadlineTest : public RingTest {
 protected:
  bool receiving_has_ended() const { return at_end(pair_.server); }
  bool sending_has_ended() const {
    return send(pair_.server.get(), "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == EPIPE;
  }
  void fill_socket() const {
    const std::string bytes(1'000, 'x');
    while (send(pair_.server.get(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) continue;
  }

  SocketPair pair_ = make_socket_pair();
  Deadline deadline_{reactor_, pair_.server.get()};
};

TEST_F(DeadlineTest, EndsEverythingWhenItsTimeHasCome) {
  deadline_.arm(1'000);
  run_for(999);
  EXPECT_FALSE(deadline_.passed());
  EXPECT_FALSE(sending_has_ended());
  run_for(1 + kTickMs);
  EXPECT_TRUE(deadline_.passed());
  EXPECT_TRUE(receiving_has_ended());
  EXPECT_TRUE(sending_has_ended());
}

TEST_F(DeadlineTest, EndsOnlyReceivingIfThatIsWanted) {
  deadline_.arm(1'000, Deadline::Ends::kReceiving);
  run_for(1'000 + kTickMs);
  EXPECT_TRUE(deadline_.passed());
  EXPECT_TRUE(receiving_has_ended());
  EXPECT_FALSE(sending_has_ended());
}

TEST_F(DeadlineTest, IsReplacedByTheNext) {
  deadline_.arm(100);
  run_for(50);
  deadline_.arm(1'000, Deadline::Ends::kReceiving);
  run_for(999);
  EXPECT_FALSE(deadline_.passed());
  run_for(1 + kTickMs);
  EXPECT_TRUE(deadline_.passed());
  EXPECT_FALSE(sending_has_ended());
}

TEST_F(DeadlineTest, DoesNotPassWhenDisarmed) {
  deadline_.arm(100);
  deadline_.disarm();
  run_for(1'000);
  EXPECT_FALSE(deadline_.passed());
}

TEST_F(DeadlineTest, GoesWithItsObject) {
  {
    Deadline short_lived(reactor_, pair_.server.get());
    short_lived.arm(100);
  }
  run_for(1'000);
  EXPECT_FALSE(receiving_has_ended());
}

TEST_F(DeadlineTest, ProgressPassesWhenThePeerTakesNothing) {
  fill_socket();
  deadline_.arm_progress(30'000);
  run_for(29'999);
  EXPECT_FALSE(deadline_.passed());
  // It looks ten times in that time, so it may be late by one look.
  run_for(1 + 3'000 + 2 * kTickMs);
  EXPECT_TRUE(deadline_.passed());
  EXPECT_TRUE(sending_has_ended());
}

TEST_F(DeadlineTest, ProgressOfASlowReaderIsSeenBeforeThereIsRoomAgain) {
  fill_socket();
  deadline_.arm_progress(30'000);
  char buffer[1'000];
  for (int i = 0; i < 20; ++i) {
    run_for(20'000);
    ASSERT_GT(recv(pair_.client.get(), buffer, sizeof buffer, MSG_DONTWAIT), 0);
  }
  EXPECT_FALSE(deadline_.passed());
  run_for(36'000 + 2 * kTickMs);
  EXPECT_TRUE(deadline_.passed());
}

TEST_F(DeadlineTest, NoProgressIsExpectedOfAPeerThatHasTakenEverything) {
  deadline_.arm_progress(30'000);
  run_for(100'000);
  EXPECT_FALSE(deadline_.passed());
  fill_socket();
  run_for(36'000 + 2 * kTickMs);
  EXPECT_TRUE(deadline_.passed());
}

TEST_F(DeadlineTest, ADeadlineAfterProgressIsAnOrdinaryOne) {
  deadline_.arm_progress(30'000);
  deadline_.arm(100, Deadline::Ends::kReceiving);
  run_for(100 + kTickMs);
  EXPECT_TRUE(deadline_.passed());
  EXPECT_FALSE(sending_has_ended());
}

}  // namespace
}  // namespace sluice::sim
