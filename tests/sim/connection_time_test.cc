// How long a connection waits for what, to the tick.
#include <gtest/gtest.h>

#include "sim/server_fixture.h"

namespace sluice::sim {
namespace {

class ConnectionTimeTest : public ServerTest {
 protected:
  // A deadline is at most a tick late, and the turn that follows may take one more.
  void expect_after(uint64_t expected_ms, uint64_t ms) const {
    EXPECT_GE(ms, expected_ms);
    EXPECT_LE(ms, expected_ms + 2 * kTickMs);
  }
};

TEST_F(ConnectionTimeTest, WhoSaysNothingIsLetGoInSilence) {
  HandMovedClient client = connect();
  expect_after(limits_.head_timeout_ms - 1, time_until_closed());
  client.read();
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(client.received_bytes(), 0U);
}

TEST_F(ConnectionTimeTest, HalfAHeadIsAnsweredWith408) {
  HandMovedClient client = connect();
  server_.run_for(5'000);
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nX: "));
  // Single bytes do not make the time longer.
  for (int i = 0; i < 9; ++i) {
    server_.run_for(1'000);
    ASSERT_TRUE(client.send("x"));
  }
  expect_after(1'000, time_until_closed());
  client.read();
  ASSERT_EQ(client.responses().size(), 1U);
  EXPECT_EQ(client.responses()[0].status, 408);
  EXPECT_EQ(client.responses()[0].field("Connection"), "close");
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(server_.counters().clients_timed_out.value(), 1U);
}

TEST_F(ConnectionTimeTest, EmptyLinesAreNoHead) {
  HandMovedClient client = connect();
  ASSERT_TRUE(client.send("\r\n\r\n"));
  expect_after(limits_.head_timeout_ms, time_until_closed());
  client.read();
  EXPECT_EQ(client.received_bytes(), 0U);
}

TEST_F(ConnectionTimeTest, AnIdleConnectionIsKeptForAMinute) {
  HandMovedClient client = connect();
  ASSERT_TRUE(client.send(get("one.txt")));
  server_.run_for(1);
  client.read();
  ASSERT_EQ(client.responses().size(), 1U);
  server_.run_for(limits_.idle_timeout_ms - 100);
  ASSERT_TRUE(client.send(get("tiny.html")));
  server_.run_for(1);
  client.read();
  ASSERT_EQ(client.responses().size(), 2U);
  expect_after(limits_.idle_timeout_ms - 1, time_until_closed());
  client.read();
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(client.responses().size(), 2U);
}

TEST_F(ConnectionTimeTest, ContentThatDoesNotComeIsWaitedForAsLongAsAHead) {
  HandMovedClient client = connect();
  ASSERT_TRUE(client.send(get("one.txt", "Content-Length: 10\r\n") + "12345"));
  server_.run_for(1);
  client.read();
  EXPECT_EQ(client.responses().size(), 1U);
  expect_after(limits_.head_timeout_ms - 1, time_until_closed());
}

TEST_F(ConnectionTimeTest, WhoTakesNothingIsCutOff) {
  HandMovedClient client = connect();
  ASSERT_TRUE(client.send(get("huge.bin")));
  const uint64_t ms = time_until_closed();
  EXPECT_GE(ms, limits_.send_progress_timeout_ms);
  EXPECT_LE(ms, limits_.send_progress_timeout_ms * (Deadline::kChecks + 1) / Deadline::kChecks +
                    (Deadline::kChecks + 2) * kTickMs);
  client.read();
  EXPECT_EQ(client.responses().size(), 0U);
  EXPECT_EQ(server_.counters().clients_timed_out.value(), 1U);
}

TEST_F(ConnectionTimeTest, WhoTakesALittleIsNot) {
  HandMovedClient client = connect(2'304);
  ASSERT_TRUE(client.send(get("large.bin")));
  for (int i = 0; i < 20; ++i) {
    server_.run_for(limits_.send_progress_timeout_ms - 4'000);
    client.read(65'536);
  }
  ASSERT_EQ(client.responses().size(), 1U);
  EXPECT_EQ(client.responses()[0].body, file("large.bin").content);
  client.leave();
}

TEST_F(ConnectionTimeTest, AStalledReaderGivesItsPipeBack) {
  HandMovedClient client = connect();
  ASSERT_TRUE(client.send(get("huge.bin")));
  ASSERT_TRUE(server_.run_until([this] { return server_.pipes().in_use() == 1; }, 10));
  server_.run_for(limits_.stalled_pipe_ms - 10);
  EXPECT_EQ(server_.pipes().in_use(), 1U);
  server_.run_for(10 + 2 * kTickMs);
  EXPECT_EQ(server_.pipes().in_use(), 0U);

  // And takes up where it left off.
  for (int i = 0; i < 100; ++i) {
    client.read();
    server_.run_for(1);
  }
  ASSERT_EQ(client.responses().size(), 1U);
  EXPECT_EQ(client.responses()[0].body, file("huge.bin").content);
  client.leave();
}

TEST_F(ConnectionTimeTest, WhenPipesAreScarceItGivesItBackAtOnce) {
  std::vector<HandMovedClient> clients;
  for (uint32_t i = 0; i < limits_.pipe_count; ++i) {
    clients.push_back(connect());
    ASSERT_TRUE(clients.back().send(get("huge.bin")));
    server_.run_for(2);
  }
  EXPECT_LE(server_.pipes().in_use(), limits_.pipe_count / 2);
  for (HandMovedClient& client : clients) client.leave();
}

TEST_F(ConnectionTimeTest, AFewPipesAreForAllInTurn) {
  std::vector<HandMovedClient> clients;
  for (uint32_t i = 0; i < 3 * limits_.pipe_count; ++i) {
    clients.push_back(connect());
    ASSERT_TRUE(clients.back().send(get("huge.bin")));
  }
  // Nobody is far ahead of the others.
  for (int i = 0; i < 100; ++i) {
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;
    for (HandMovedClient& client : clients) {
      client.read();
      least = std::min(least, client.received_bytes());
      most = std::max(most, client.received_bytes());
    }
    EXPECT_LE(most - least, 5 * limits_.pipe_bytes);
    server_.run_for(1);
  }
  for (HandMovedClient& client : clients) {
    ASSERT_EQ(client.responses().size(), 1U);
    EXPECT_EQ(client.responses()[0].body, file("huge.bin").content);
    client.leave();
  }
}

// The last response is out: the client is given time to see that, but not for ever.
TEST_F(ConnectionTimeTest, WhoGoesOnSendingAfterTheEndIsListenedToForAMoment) {
  HandMovedClient client = connect();
  ASSERT_TRUE(client.send(get("one.txt", "Connection: close\r\n")));
  server_.run_for(1);
  client.read();
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(open_connections(), 1U);
  uint64_t ms = 1;
  while (open_connections() > 0 && ms < 10'000) {
    client.send("and another thing");
    server_.run_for(10);
    ms += 10;
  }
  EXPECT_GE(ms, limits_.linger_ms);
  EXPECT_LE(ms, limits_.linger_ms + 2 * kTickMs + 20);
  EXPECT_EQ(client.responses().size(), 1U);
}

TEST_F(ConnectionTimeTest, WhoHasSentAllByThenSeesNoReset) {
  HandMovedClient client = connect();
  std::string request = get("one.txt", "Content-Length: 200000\r\n");
  ASSERT_TRUE(client.send(request));
  for (int i = 0; i < 10; ++i) {
    server_.run_for(100);
    ASSERT_TRUE(client.send(std::string(20'000, 'x')));
  }
  client.finish_sending();
  expect_after(0, time_until_closed());
  client.read();
  ASSERT_EQ(client.responses().size(), 1U);
  EXPECT_EQ(client.responses()[0].body, file("one.txt").content);
  EXPECT_TRUE(client.ended());
  EXPECT_FALSE(client.was_reset());
}

TEST_F(ConnectionTimeTest, WhoHasFinishedSendingIsStillAnswered) {
  HandMovedClient client = connect();
  ASSERT_TRUE(client.send(get("large.bin") + get("one.txt")));
  client.finish_sending();
  for (int i = 0; i < 100; ++i) {
    server_.run_for(10);
    client.read();
  }
  ASSERT_EQ(client.responses().size(), 2U);
  EXPECT_EQ(client.responses()[0].body, file("large.bin").content);
  EXPECT_TRUE(client.ended());
}

}  // namespace
}  // namespace sluice::sim
