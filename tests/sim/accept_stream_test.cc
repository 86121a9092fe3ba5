// Connections as they come in, many at once or one by one.
#include "io/accept_stream.h"

#include <gtest/gtest.h>
#include <sys/un.h>

#include <set>
#include <vector>

#include "sim/ring_fixture.h"
#include "support/descriptors.h"

namespace sluice::sim {
namespace {

using Amount = AcceptStream::Amount;

class AcceptStreamTest : public RingTest {
 protected:
  AcceptStreamTest() {
    address_.sun_family = AF_UNIX;
    auto* const address = reinterpret_cast<sockaddr*>(&address_);
    EXPECT_EQ(bind(listener_.get(), address, sizeof(sa_family_t)), 0);
    EXPECT_EQ(listen(listener_.get(), 4'096), 0);
    length_ = sizeof address_;
    EXPECT_EQ(getsockname(listener_.get(), address, &length_), 0);
  }

  void TearDown() override {
    stream_.cancel();
    EXPECT_TRUE(run_until([this] { return stream_.over(); }));
    stream_.discard();
    RingTest::TearDown();
  }

  void connect_clients(int count) {
    for (int i = 0; i < count; ++i) {
      UniqueFd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      ASSERT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address_), length_), 0);
      clients_.push_back(std::move(client));
    }
  }

  Result<UniqueFd> next() {
    EXPECT_TRUE(run_until([this] { return stream_.ready(); }));
    return stream_.take();
  }

  UniqueFd listener_{socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  sockaddr_un address_{};
  socklen_t length_ = 0;
  std::vector<UniqueFd> clients_;
  AcceptStream stream_{reactor_, listener_.get()};
};

TEST_F(AcceptStreamTest, HandsOutConnectionsInTheirOrder) {
  connect_clients(3);
  stream_.start(Amount::kStream);
  for (size_t i = 0; i < clients_.size(); ++i) {
    const Result<UniqueFd> accepted = next();
    ASSERT_TRUE(accepted);
    const std::string greeting = "for client " + std::to_string(i);
    write_to(*accepted, greeting);
    EXPECT_EQ(read_from(clients_[i]), greeting);
  }
  EXPECT_FALSE(stream_.ready());
  connect_clients(1);
  EXPECT_TRUE(next());
}

TEST_F(AcceptStreamTest, AcceptedSocketsDoNotBlock) {
  connect_clients(1);
  stream_.start(Amount::kOne);
  const Result<UniqueFd> accepted = next();
  ASSERT_TRUE(accepted);
  char byte;
  EXPECT_EQ(recv(accepted->get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, EAGAIN);
}

TEST_F(AcceptStreamTest, OneIsOne) {
  connect_clients(2);
  stream_.start(Amount::kOne);
  EXPECT_TRUE(next());
  run_for(10);
  EXPECT_FALSE(stream_.ready());
  EXPECT_TRUE(stream_.over());
  stream_.start(Amount::kOne);
  EXPECT_TRUE(next());
}

TEST_F(AcceptStreamTest, AStreamIsStoppedBeforeItBecomesOne) {
  stream_.start(Amount::kStream);
  run_for(10);
  stream_.start(Amount::kOne);
  EXPECT_TRUE(run_until([this] { return stream_.over(); }));
  EXPECT_FALSE(stream_.ready());
}

TEST_F(AcceptStreamTest, StopsWhenTheQueueIsFull) {
  constexpr int kClients = 300;
  connect_clients(kClients);
  const size_t before = testing_support::open_descriptors().size();
  stream_.start(Amount::kStream);
  run_for(100);
  EXPECT_TRUE(stream_.over());
  const size_t accepted = testing_support::open_descriptors().size() - before;
  EXPECT_GE(accepted, AcceptStream::kPauseAt);
  EXPECT_LE(accepted, AcceptStream::kPauseAt - 1 + 2 * FakeRing::Options().multishot_burst);

  for (int i = 0; i < kClients; ++i) {
    if (!stream_.ready()) stream_.start(Amount::kStream);
    EXPECT_TRUE(next());
  }
}

TEST_F(AcceptStreamTest, CancellingKeepsWhatWasAccepted) {
  connect_clients(2);
  stream_.start(Amount::kStream);
  run_for(10);
  stream_.cancel();
  EXPECT_TRUE(run_until([this] { return stream_.over(); }));
  EXPECT_TRUE(next());
  EXPECT_TRUE(next());
  EXPECT_FALSE(stream_.ready());  // the cancellation is no error
}

TEST_F(AcceptStreamTest, DiscardingClosesWhatNobodyTook) {
  connect_clients(2);
  stream_.start(Amount::kStream);
  run_for(10);
  stream_.cancel();
  EXPECT_TRUE(run_until([this] { return stream_.over(); }));
  const std::set<int> before = testing_support::open_descriptors();
  stream_.discard();
  EXPECT_EQ(testing_support::open_descriptors().size(), before.size() - 2);
  EXPECT_TRUE(at_end(clients_[0]));
}

TEST_F(AcceptStreamTest, ARefusalIsToldOnceAndAcceptingGoesOn) {
  connect_clients(2);
  stream_.start(Amount::kStream);
  EXPECT_TRUE(next());
  EXPECT_TRUE(next());
  ring_.faults().accept_refused = 1;
  connect_clients(1);
  const Result<UniqueFd> refused = next();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kExhausted);
  EXPECT_FALSE(stream_.ready());
  EXPECT_TRUE(stream_.over());

  ring_.faults().accept_refused = 0;
  stream_.start(Amount::kStream);
  EXPECT_TRUE(next());
}

}  // namespace
}  // namespace sluice::sim
