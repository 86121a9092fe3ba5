// A server that winds down: what is finished, what is not begun, what is cut off.
#include <gtest/gtest.h>

#include "sim/server_fixture.h"

namespace sluice::sim {
namespace {

class ConnectionEndTest : public ServerTest {
 protected:
  static constexpr uint64_t kAtOnceMs = 5;
};

TEST_F(ConnectionEndTest, DrainingEndsAnIdleConnectionAtOnce) {
  HandMovedClient fresh = connect();
  HandMovedClient used = connect();
  ASSERT_TRUE(used.send(get("one.txt")));
  server_.run_for(1);
  server_.drain();
  EXPECT_LE(time_until_closed(), kAtOnceMs);
  used.read();
  EXPECT_EQ(used.responses().size(), 1U);
  EXPECT_TRUE(used.ended());
  fresh.read();
  EXPECT_TRUE(fresh.ended());
}

TEST_F(ConnectionEndTest, DrainingFinishesAResponseAndSaysThatItIsTheLast) {
  HandMovedClient client = connect();
  ASSERT_TRUE(client.send(get("huge.bin") + get("one.txt") + get("tiny.html")));
  server_.run_for(10);
  server_.drain();
  for (int i = 0; i < 100 && !client.ended(); ++i) {
    client.read();
    server_.run_for(1);
  }
  // The first was under way; the next says "close", and is the last.
  ASSERT_EQ(client.responses().size(), 2U);
  EXPECT_EQ(client.responses()[0].body, file("huge.bin").content);
  EXPECT_EQ(client.responses()[1].field("Connection"), "close");
  EXPECT_TRUE(client.ended());
}

TEST_F(ConnectionEndTest, DrainingWaitsForTheRestOfAHeadForAMoment) {
  HandMovedClient quick = connect();
  HandMovedClient slow = connect();
  ASSERT_TRUE(quick.send("GET /one.txt HTTP/1.1\r\n"));
  ASSERT_TRUE(slow.send("GET /one.txt HTTP/1.1\r\n"));
  server_.run_for(1);
  server_.drain();
  ASSERT_TRUE(quick.send("Host: x\r\n\r\n"));
  server_.run_for(1);
  quick.read();
  ASSERT_EQ(quick.responses().size(), 1U);
  EXPECT_EQ(quick.responses()[0].status, 200);
  EXPECT_EQ(quick.responses()[0].field("Connection"), "close");
  quick.leave();

  const uint64_t ms = time_until_closed();
  EXPECT_GE(ms, limits_.drain_head_ms - 1);
  EXPECT_LE(ms, limits_.drain_head_ms + 2 * kTickMs);
  slow.read();
  ASSERT_EQ(slow.responses().size(), 1U);
  EXPECT_EQ(slow.responses()[0].status, 408);
}

// What has arrived is a request under way, whether or not the server has looked at it.
TEST_F(ConnectionEndTest, DrainingFinishesWhatHasArrivedUnseen) {
  HandMovedClient fresh = connect();
  HandMovedClient used = connect();
  ASSERT_TRUE(used.send(get("one.txt")));
  server_.run_for(1);
  ASSERT_TRUE(fresh.send("GET /one.txt HTTP/1.1\r\n"));
  ASSERT_TRUE(used.send("GET /one.txt HTTP/1.1\r\n"));
  server_.drain();
  server_.run_for(1);
  for (HandMovedClient* client : {&fresh, &used}) {
    ASSERT_TRUE(client->send("Host: x\r\n\r\n"));
    server_.run_for(1);
    client->read();
    ASSERT_FALSE(client->responses().empty());
    EXPECT_EQ(client->responses().back().status, 200);
    EXPECT_EQ(client->responses().back().field("Connection"), "close");
    client->leave();
  }
}

// The rest of a request's content is only for throwing away: the end does not wait for it.
TEST_F(ConnectionEndTest, DrainingDoesNotWaitForContent) {
  HandMovedClient waiting = connect();
  ASSERT_TRUE(waiting.send(get("one.txt", "Content-Length: 10\r\n") + "12345"));
  HandMovedClient receiving = connect();
  ASSERT_TRUE(receiving.send(get("huge.bin", "Content-Length: 10\r\n") + "12345"));
  server_.run_for(10);
  server_.drain();
  for (int i = 0; i < 100 && receiving.responses().empty(); ++i) {
    receiving.read();
    server_.run_for(1);
  }
  EXPECT_EQ(receiving.responses().size(), 1U);
  EXPECT_LE(time_until_closed(), limits_.linger_ms + 2 * kTickMs);
}

TEST_F(ConnectionEndTest, AbortEndsWhateverAConnectionWaitsFor) {
  HandMovedClient idle = connect();
  HandMovedClient in_head = connect();
  ASSERT_TRUE(in_head.send("GET /"));
  HandMovedClient in_content = connect();
  ASSERT_TRUE(in_content.send(get("one.txt", "Content-Length: 5\r\n")));
  HandMovedClient lingering = connect();
  ASSERT_TRUE(lingering.send(get("one.txt", "Connection: close\r\n")));
  std::vector<HandMovedClient> stalled;
  for (int i = 0; i < 10; ++i) {
    stalled.push_back(connect());
    ASSERT_TRUE(stalled.back().send(get("huge.bin")));
  }
  server_.run_for(300);
  EXPECT_EQ(open_connections(), 14U);
  server_.abort();
  EXPECT_LE(time_until_closed(), kAtOnceMs);
}

TEST_F(ConnectionEndTest, AClientThatVanishesLeavesNothing) {
  const std::string stages[] = {"", "GET /huge", get("huge.bin"),
                                get("one.txt", "Content-Length: 50\r\n") + "half"};
  for (const std::string& stage : stages) {
    for (const uint64_t after_ms : {0U, 1U, 100U, 400U}) {
      HandMovedClient client = connect();
      ASSERT_TRUE(client.send(stage));
      server_.run_for(after_ms);
      client.leave();
      EXPECT_LE(time_until_closed(), kAtOnceMs) << stage;
    }
  }
}

class PipeliningTest : public ServerTest {
 protected:
  static constexpr unsigned kBurst = 3;

  PipeliningTest()
      : ServerTest(small_limits(),
                   {.buffer_count = 256, .buffer_bytes = 64, .multishot_burst = kBurst}) {}
};

TEST_F(PipeliningTest, WhoNeverReadsCannotMakeTheServerQueueMore) {
  HandMovedClient client = connect();
  uint16_t most_out = 0;
  const std::string requests = get("huge.bin") + get("one.txt");
  for (int i = 0; i < 2'000; ++i) {
    client.send(requests);
    server_.run_for(1);
    most_out = std::max(most_out, server_.ring().buffers_out());
  }
  EXPECT_GE(most_out, RecvStream::kPauseAt);
  // One is being parsed, and the cancellation is under way while one more turn delivers.
  EXPECT_LE(most_out, 1 + RecvStream::kPauseAt - 1 + 2 * kBurst);
  client.leave();
}

}  // namespace
}  // namespace sluice::sim
