// The simulated ring does what the kernel does: each of these runs on both.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <memory>
#include <string>

#include "io/operations.h"
#include "io/recv_stream.h"
#include "ring/kernel_ring.h"
#include "sim/fake_ring.h"
#include "sim/ring_fixture.h"
#include "support/descriptors.h"
#include "support/temporary_directory.h"

namespace sluice::sim {
namespace {

constexpr uint16_t kBufferCount = 4;
constexpr uint32_t kBufferBytes = 100;

std::unique_ptr<Ring> make_ring(FakeRing*) {
  return std::make_unique<FakeRing>(
      FakeRing::Options{.buffer_count = kBufferCount, .buffer_bytes = kBufferBytes});
}

// Null where the system refuses io_uring.
std::unique_ptr<Ring> make_ring(KernelRing*) {
  RingOptions options;
  options.receive_buffer_count = kBufferCount;
  options.receive_buffer_bytes = kBufferBytes;
  try {
    auto ring = std::make_unique<KernelRing>(options);
    if (ring->enable()) return ring;
  } catch (const StartError&) {
  }
  return nullptr;
}

template <class SomeRing>
class ConformanceTest : public testing::Test {
 protected:
  void SetUp() override {
    ring_ = make_ring(static_cast<SomeRing*>(nullptr));
    if (!ring_) GTEST_SKIP() << "io_uring is refused here";
    reactor_ = std::make_unique<Reactor>(*ring_);
    directory_.write("file", std::string(5'000, 'f'));
    file_ = UniqueFd(open(directory_.path_of("file").c_str(), O_RDONLY | O_CLOEXEC));
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
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

  // The part that completes, what it yields, and what is in the pipe then.
  std::string outcome_of(const SpliceThrough::Request& wanted) {
    SpliceThrough chain(*reactor_, wanted);
    while (!chain.done()) reactor_->turn();
    return "part " + std::to_string(chain.part()) + ": " + std::to_string(chain.result()) + ", " +
           std::to_string(testing_support::bytes_waiting(read_end_.get())) + " in the pipe";
  }

  void fill_socket() const {
    while (send(pair_.server.get(), "x", 1, MSG_DONTWAIT) == 1) continue;
  }

  std::unique_ptr<Ring> ring_;
  std::unique_ptr<Reactor> reactor_;
  testing_support::TemporaryDirectory directory_;
  UniqueFd file_;
  UniqueFd read_end_;
  UniqueFd write_end_;
  SocketPair pair_ = make_socket_pair();
};

using Rings = testing::Types<FakeRing, KernelRing>;
TYPED_TEST_SUITE(ConformanceTest, Rings);

TYPED_TEST(ConformanceTest, AChainThatSucceeds) {
  EXPECT_EQ(this->outcome_of(this->request(0, 5'000, "head")), "part 2: 5000, 0 in the pipe");
  EXPECT_EQ(read_from(this->pair_.client), "head" + std::string(5'000, 'f'));
}

TYPED_TEST(ConformanceTest, AChainWhoseFileFallsShort) {
  EXPECT_EQ(this->outcome_of(this->request(4'990, 100, "head")), "part 1: 10, 10 in the pipe");
  EXPECT_EQ(read_from(this->pair_.client), "head");
}

TYPED_TEST(ConformanceTest, AChainWhoseFileIsAtItsEnd) {
  EXPECT_EQ(this->outcome_of(this->request(5'000, 100, {})), "part 1: 0, 0 in the pipe");
}

TYPED_TEST(ConformanceTest, AChainWhoseHeadMeetsAFullSocket) {
  this->fill_socket();
  EXPECT_EQ(this->outcome_of(this->request(0, 100, "head")), "part 0: -11, 0 in the pipe");
}

TYPED_TEST(ConformanceTest, AChainWhoseHeadFitsInPart) {
  constexpr int kSmall = 1;  // the least that the system allows
  setsockopt(this->pair_.server.get(), SOL_SOCKET, SO_SNDBUF, &kSmall, sizeof kSmall);
  const std::string head(1'000'000, 'h');
  const std::string outcome = this->outcome_of(this->request(0, 100, head));
  const std::string received = read_from(this->pair_.client);
  EXPECT_GT(received.size(), 0U);
  EXPECT_LT(received.size(), head.size());
  EXPECT_EQ(outcome, "part 0: " + std::to_string(received.size()) + ", 0 in the pipe");
}

TYPED_TEST(ConformanceTest, AChainWhoseBodyMeetsAFullSocket) {
  this->fill_socket();
  EXPECT_EQ(this->outcome_of(this->request(0, 100, {})), "part 2: -11, 100 in the pipe");
}

TYPED_TEST(ConformanceTest, AChainWhosePeerIsGone) {
  this->pair_.client.reset();
  EXPECT_EQ(this->outcome_of(this->request(0, 100, "head")), "part 0: -32, 0 in the pipe");
  EXPECT_EQ(this->outcome_of(this->request(0, 100, {})), "part 2: -32, 100 in the pipe");
}

TYPED_TEST(ConformanceTest, AStreamOfReceivedBytes) {
  using Arrival = RecvStream::Arrival;
  RecvStream stream(*this->reactor_, this->pair_.server.get());
  std::vector<RecvStream::Item> items;
  const auto take_next = [&] {
    while (!stream.ready()) {
      stream.start();
      this->reactor_->turn();
    }
    items.push_back(stream.take());
    return items.back().arrival;
  };
  write_to(this->pair_.client, std::string(kBufferBytes * (kBufferCount + 1), 'x'));
  for (int i = 0; i < kBufferCount; ++i) {
    EXPECT_EQ(take_next(), Arrival::kBytes);
    EXPECT_EQ(items.back().bytes.view().size(), kBufferBytes);
  }
  EXPECT_EQ(take_next(), Arrival::kNoBuffers);
  items.clear();
  EXPECT_EQ(take_next(), Arrival::kBytes);
  items.clear();
  shutdown(this->pair_.client.get(), SHUT_WR);
  EXPECT_EQ(take_next(), Arrival::kEnd);
  EXPECT_TRUE(stream.over());
}

TYPED_TEST(ConformanceTest, AShutdownEndsWhatIsUnderWay) {
  char byte;
  Receive receive(*this->reactor_, this->pair_.server.get(), {&byte, 1});
  this->fill_socket();
  Send send(*this->reactor_, this->pair_.server.get(), {"more", 4}, 0);
  Poll poll(*this->reactor_, this->pair_.server.get(), POLLOUT);
  shutdown(this->pair_.server.get(), SHUT_RDWR);
  while (!receive.done() || !send.done() || !poll.done()) this->reactor_->turn();
  EXPECT_EQ(receive.result(), 0);
  EXPECT_EQ(send.result(), -EPIPE);
  EXPECT_NE(poll.result() & POLLHUP, 0);
}

TYPED_TEST(ConformanceTest, ACancelledStreamIsOver) {
  RecvStream stream(*this->reactor_, this->pair_.server.get());
  write_to(this->pair_.client, std::string(kBufferBytes * kBufferCount, 'x'));
  stream.start();
  // The queue is full after four, and the recv is cancelled by the stream itself.
  while (!stream.over()) this->reactor_->turn();
  EXPECT_TRUE(stream.ready());
}

}  // namespace
}  // namespace sluice::sim
