// Head, file → pipe → socket as one chain: who completes, with what, and what the pipe holds then.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <string>

#include "io/operations.h"
#include "sim/ring_fixture.h"
#include "support/descriptors.h"
#include "support/temporary_directory.h"

namespace sluice::sim {
namespace {

using testing_support::bytes_waiting;

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\n\r\n";

class SpliceThroughTest : public RingTest {
 protected:
  explicit SpliceThroughTest(const FakeRing::Options& options = {}) : RingTest(options) {
    for (size_t i = 0; i < 50'000; ++i) content_ += static_cast<char>('a' + i % 26 + i / 5'000);
    directory_.write("file", content_);
    file_ = UniqueFd(open(directory_.path_of("file").c_str(), O_RDONLY | O_CLOEXEC));
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    read_end_ = UniqueFd(ends[0]);
    write_end_ = UniqueFd(ends[1]);
    ::signal(SIGPIPE, SIG_IGN);
  }

  SpliceThrough::Request request(uint64_t offset, uint32_t bytes, std::string_view head) const {
    return {.file = file_.get(),
            .file_offset = offset,
            .pipe_write_end = write_end_.get(),
            .pipe_read_end = read_end_.get(),
            .socket = pair_.server.get(),
            .bytes = bytes,
            .head = head,
            .more = false};
  }

  void fill_socket() const {
    while (send(pair_.server.get(), "x", 1, MSG_DONTWAIT) == 1) continue;
  }

  testing_support::TemporaryDirectory directory_;
  std::string content_;
  UniqueFd file_;
  UniqueFd read_end_;
  UniqueFd write_end_;
  SocketPair pair_ = make_socket_pair();
};

TEST_F(SpliceThroughTest, AWholeResponseIsOneCompletion) {
  SpliceThrough chain(reactor_, request(100, 40'000, kHead));
  EXPECT_EQ(result_of(chain), 40'000);
  EXPECT_EQ(chain.part(), SpliceThrough::kDrain);
  EXPECT_EQ(read_from(pair_.client), std::string(kHead) + content_.substr(100, 40'000));
  EXPECT_EQ(bytes_waiting(read_end_.get()), 0U);
  EXPECT_EQ(ring_.submitted().size(), 3U);
}

TEST_F(SpliceThroughTest, WithoutAHeadTheChainIsShorter) {
  SpliceThrough chain(reactor_, request(0, 10, {}));
  EXPECT_EQ(result_of(chain), 10);
  EXPECT_EQ(chain.part(), SpliceThrough::kDrain);
  EXPECT_EQ(read_from(pair_.client), content_.substr(0, 10));
  EXPECT_EQ(ring_.submitted().size(), 2U);
}

TEST_F(SpliceThroughTest, AFullSocketStopsTheHead) {
  fill_socket();
  SpliceThrough chain(reactor_, request(0, 10, kHead));
  EXPECT_EQ(result_of(chain), -EAGAIN);
  EXPECT_EQ(chain.part(), SpliceThrough::kHead);
  EXPECT_EQ(bytes_waiting(read_end_.get()), 0U);
}

TEST_F(SpliceThroughTest, APartOfAHeadLetsNoBodyFollow) {
  ring_.faults().short_send = 1;
  SpliceThrough chain(reactor_, request(0, 10, kHead));
  const int sent = result_of(chain);
  EXPECT_EQ(chain.part(), SpliceThrough::kHead);
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, static_cast<int>(kHead.size()));
  EXPECT_EQ(read_from(pair_.client), kHead.substr(0, static_cast<size_t>(sent)));
}

TEST_F(SpliceThroughTest, AFileThatFallsShortLeavesInThePipeWhatTheResultSays) {
  SpliceThrough chain(reactor_, request(content_.size() - 7, 10, kHead));
  EXPECT_EQ(result_of(chain), 7);
  EXPECT_EQ(chain.part(), SpliceThrough::kFill);
  EXPECT_EQ(bytes_waiting(read_end_.get()), 7U);
  EXPECT_EQ(read_from(pair_.client), kHead);
}

TEST_F(SpliceThroughTest, AFileThatIsAtItsEndYieldsNothing) {
  SpliceThrough chain(reactor_, request(content_.size(), 10, kHead));
  EXPECT_EQ(result_of(chain), 0);
  EXPECT_EQ(chain.part(), SpliceThrough::kFill);
  EXPECT_EQ(bytes_waiting(read_end_.get()), 0U);
}

TEST_F(SpliceThroughTest, AReadErrorIsToldAsSuch) {
  ring_.faults().read_error = 1;
  SpliceThrough chain(reactor_, request(0, 10, kHead));
  EXPECT_EQ(result_of(chain), -EIO);
  EXPECT_EQ(chain.part(), SpliceThrough::kFill);
}

TEST_F(SpliceThroughTest, AFullSocketLeavesTheBodyInThePipe) {
  fill_socket();
  SpliceThrough chain(reactor_, request(0, 10, {}));
  EXPECT_EQ(result_of(chain), -EAGAIN);
  EXPECT_EQ(chain.part(), SpliceThrough::kDrain);
  EXPECT_EQ(bytes_waiting(read_end_.get()), 10U);
}

TEST_F(SpliceThroughTest, ASocketWithLittleRoomTakesAPart) {
  ring_.faults().short_drain = 1;
  SpliceThrough chain(reactor_, request(0, 1'000, kHead));
  const int taken = result_of(chain);
  EXPECT_EQ(chain.part(), SpliceThrough::kDrain);
  EXPECT_GT(taken, 0);
  EXPECT_LT(taken, 1'000);
  EXPECT_EQ(bytes_waiting(read_end_.get()), 1'000U - static_cast<uint64_t>(taken));
}

TEST_F(SpliceThroughTest, APeerThatIsGoneStopsTheHead) {
  pair_.client.reset();
  SpliceThrough chain(reactor_, request(0, 10, kHead));
  EXPECT_EQ(result_of(chain), -EPIPE);
  EXPECT_EQ(chain.part(), SpliceThrough::kHead);
}

TEST_F(SpliceThroughTest, APeerThatIsGoneStopsTheBody) {
  pair_.client.reset();
  SpliceThrough chain(reactor_, request(0, 10, {}));
  EXPECT_EQ(result_of(chain), -EPIPE);
  EXPECT_EQ(chain.part(), SpliceThrough::kDrain);
  EXPECT_EQ(bytes_waiting(read_end_.get()), 10U);
}

class SpliceThroughInAShortQueueTest : public SpliceThroughTest {
 protected:
  SpliceThroughInAShortQueueTest() : SpliceThroughTest({.queue_entries = 4}) {}
};

// The ring reports a chain that is handed over in two pieces; so does TearDown().
TEST_F(SpliceThroughInAShortQueueTest, IsNeverHandedOverInTwoPieces) {
  Poll first(reactor_, pair_.server.get(), POLLOUT);
  Poll second(reactor_, pair_.server.get(), POLLOUT);
  SpliceThrough chain(reactor_, request(0, 10, kHead));
  EXPECT_EQ(result_of(chain), 10);
  EXPECT_TRUE(first.done());
  EXPECT_TRUE(second.done());
}

}  // namespace
}  // namespace sluice::sim
