// What a peer sends, piece by piece, with few buffers to put it in.
#include "io/recv_stream.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/ring_fixture.h"

namespace sluice::sim {
namespace {

constexpr uint32_t kBufferBytes = 10;
constexpr unsigned kBurst = 3;

class RecvStreamTest : public RingTest {
 protected:
  explicit RecvStreamTest(uint16_t buffer_count = 16)
      : RingTest({.buffer_count = buffer_count,
                  .buffer_bytes = kBufferBytes,
                  .multishot_burst = kBurst}) {}

  // Ends the stream the way a connection does.
  void TearDown() override {
    shutdown(pair_.server.get(), SHUT_RDWR);
    EXPECT_TRUE(run_until([this] { return stream_.over(); }));
    stream_.discard();
    RingTest::TearDown();
  }

  RecvStream::Item next() {
    if (!stream_.ready()) stream_.start();
    EXPECT_TRUE(run_until([this] { return stream_.ready(); }));
    return stream_.take();
  }

  std::string next_bytes() {
    const RecvStream::Item item = next();
    EXPECT_EQ(item.arrival, RecvStream::Arrival::kBytes);
    return std::string(item.bytes.view());
  }

  SocketPair pair_ = make_socket_pair();
  RecvStream stream_{reactor_, pair_.server.get()};
};

TEST_F(RecvStreamTest, BytesArriveInOrderAsLargeAsABuffer) {
  write_to(pair_.client, "0123456789abcdefghijXYZ");
  EXPECT_EQ(next_bytes(), "0123456789");
  EXPECT_EQ(next_bytes(), "abcdefghij");
  EXPECT_EQ(next_bytes(), "XYZ");
  write_to(pair_.client, "more");
  EXPECT_EQ(next_bytes(), "more");
}

TEST_F(RecvStreamTest, WaitsWithoutABuffer) {
  stream_.start();
  run_for(10);
  EXPECT_EQ(ring_.buffers_out(), 0U);
  EXPECT_FALSE(stream_.over());
}

TEST_F(RecvStreamTest, APieceHoldsItsBufferUntilItIsDestroyed) {
  write_to(pair_.client, "0123456789bytes");
  ReceivedBytes held;
  {
    RecvStream::Item first = next();
    RecvStream::Item second = next();
    EXPECT_EQ(ring_.buffers_out(), 2U);
    held = std::move(first.bytes);
    EXPECT_EQ(first.bytes.view(), "");
    EXPECT_EQ(second.bytes.view(), "bytes");
  }
  EXPECT_EQ(held.view(), "0123456789");
  EXPECT_EQ(ring_.buffers_out(), 1U);
  held.reset();
  EXPECT_EQ(ring_.buffers_out(), 0U);
}

TEST_F(RecvStreamTest, PausesWheneverTheQueueIsFull) {
  write_to(pair_.client, std::string(100 * kBufferBytes, 'x'));
  for (int i = 0; i < 3; ++i) {
    stream_.start();
    run_for(100);
    // The cancellation is under way while one more turn delivers.
    EXPECT_GE(ring_.buffers_out(), RecvStream::kPauseAt);
    EXPECT_LE(ring_.buffers_out(), RecvStream::kPauseAt - 1 + 2 * kBurst);
    EXPECT_TRUE(stream_.over());
    while (stream_.ready()) stream_.take();
  }
}

TEST_F(RecvStreamTest, GoesOnAfterAPauseAndLosesNothing) {
  std::string sent;
  for (int i = 0; i < 500; ++i) sent += std::to_string(i) + ",";
  write_to(pair_.client, sent);
  std::string received;
  while (received.size() < sent.size()) {
    received += next_bytes();
    EXPECT_LE(ring_.buffers_out(), RecvStream::kPauseAt - 1 + 2 * kBurst);
  }
  EXPECT_EQ(received, sent);
}

TEST_F(RecvStreamTest, TheEndComesAfterTheBytes) {
  write_to(pair_.client, "0123456789last");
  pair_.client.reset();
  EXPECT_EQ(next_bytes(), "0123456789");
  EXPECT_EQ(next_bytes(), "last");
  EXPECT_EQ(next().arrival, RecvStream::Arrival::kEnd);
  EXPECT_TRUE(stream_.over());
  EXPECT_EQ(next().arrival, RecvStream::Arrival::kEnd);
}

TEST_F(RecvStreamTest, AnEndThatTookABufferGivesItBack) {
  ring_.faults().end_with_buffer = 1;
  pair_.client.reset();
  EXPECT_EQ(next().arrival, RecvStream::Arrival::kEnd);
  EXPECT_EQ(ring_.kernel().counts().end_with_buffer, 1U);
  EXPECT_EQ(ring_.buffers_out(), 0U);
}

TEST_F(RecvStreamTest, AResetIsAnError) {
  ring_.faults().reset = 1;
  const RecvStream::Item item = next();
  EXPECT_EQ(item.arrival, RecvStream::Arrival::kError);
  EXPECT_EQ(item.error, ECONNRESET);
}

TEST_F(RecvStreamTest, AStreamThatTheKernelEndsIsStartedAgain) {
  ring_.faults().multishot_ends = 1;
  write_to(pair_.client, std::string(5 * kBufferBytes, 'x'));
  std::string received;
  while (received.size() < 5 * kBufferBytes) {
    received += next_bytes();
    EXPECT_TRUE(stream_.over());
  }
}

TEST_F(RecvStreamTest, ACancellationThatComesTooLateDoesNoHarm) {
  // Four pieces and the end arrive in one turn: the fourth asks for the pause.
  write_to(pair_.client, std::string(4 * kBufferBytes, 'x'));
  shutdown(pair_.client.get(), SHUT_WR);
  ring_.faults().late = 1;
  ring_.faults().late_turns = 3;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(next_bytes().size(), kBufferBytes);
  EXPECT_EQ(next().arrival, RecvStream::Arrival::kEnd);
}

TEST_F(RecvStreamTest, ShutdownEndsAWaitingStream) {
  stream_.start();
  run_for(10);
  shutdown(pair_.server.get(), SHUT_RD);
  EXPECT_EQ(next().arrival, RecvStream::Arrival::kEnd);
}

class RecvStreamWithTwoBuffersTest : public RecvStreamTest {
 protected:
  RecvStreamWithTwoBuffersTest() : RecvStreamTest(2) {}
};

TEST_F(RecvStreamWithTwoBuffersTest, TellsWhenNoBufferIsLeft) {
  write_to(pair_.client, std::string(3 * kBufferBytes, 'x'));
  std::vector<RecvStream::Item> held;
  held.push_back(next());
  held.push_back(next());
  EXPECT_EQ(ring_.buffers_out(), 2U);
  EXPECT_EQ(next().arrival, RecvStream::Arrival::kNoBuffers);
  EXPECT_TRUE(stream_.over());

  held.clear();
  EXPECT_EQ(next_bytes(), std::string(kBufferBytes, 'x'));
}

TEST_F(RecvStreamWithTwoBuffersTest, NoBufferIsToldAfterTheBytesThatWereReceived) {
  write_to(pair_.client, std::string(3 * kBufferBytes, 'x'));
  stream_.start();
  run_for(10);
  EXPECT_EQ(next_bytes().size(), kBufferBytes);
  EXPECT_EQ(next_bytes().size(), kBufferBytes);
  EXPECT_EQ(next().arrival, RecvStream::Arrival::kNoBuffers);
  EXPECT_EQ(next_bytes().size(), kBufferBytes);
}

}  // namespace
}  // namespace sluice::sim
