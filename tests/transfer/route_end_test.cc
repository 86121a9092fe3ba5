// Where a route differs from the others: what it refuses, what it counts, what it holds.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "io/file_memory.h"
#include "transfer/copy_route.h"
#include "transfer/mapped_route.h"
#include "transfer/route_fixture.h"
#include "transfer/zero_copy_route.h"

namespace sluice {
namespace {

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\n\r\n";

// Of the system's, with a size, and without a page cache below it.
constexpr const char* kUnmappable = "/sys/devices/system/cpu/possible";

using MappedRouteTest = RouteTest;

TEST_F(MappedRouteTest, SendsHeadAndFileInOneCall) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
  connect(Connection{UniqueFd(ends[0]), UniqueFd(ends[1])});
  const std::string content = varied_bytes(30'000);
  const UniqueFd fd = make_file(content);
  OutgoingFile file = outgoing(kHead, {fd.get(), 0, content.size()});
  ASSERT_EQ(run(send_by_mapping, file), RouteEnd::kDone);
  EXPECT_FALSE(file.in_parts);
  // A packet is what one call has sent.
  std::string packet(64'000, '\0');
  const ssize_t length = recv(ends[1], packet.data(), packet.size(), 0);
  ASSERT_EQ(length, static_cast<ssize_t>(kHead.size() + content.size()));
  packet.resize(static_cast<size_t>(length));
  EXPECT_TRUE(packet == std::string(kHead) + content);
}

TEST_F(MappedRouteTest, KeepsTheMappingThatItWasGiven) {
  const UniqueFd fd = make_file(varied_bytes(10'000));
  FileMemory memory;
  connect(Family::kTcp);
  OutgoingFile file = outgoing(kHead, {fd.get(), 9'000, 10, &memory});
  ASSERT_EQ(run(send_by_mapping, file), RouteEnd::kDone);
  EXPECT_TRUE(memory.mapping.covers(0, 10'000));
  EXPECT_TRUE(memory.residency.holds(9'000, 10, loop_.reactor().now_ms()));
}

TEST_F(MappedRouteTest, LeavesWhatCannotBeMappedToOthers) {
  const UniqueFd fd(open(kUnmappable, O_RDONLY | O_CLOEXEC));
  connect(Family::kTcp);
  OutgoingFile file = outgoing(kHead, {fd.get(), 0, 1});
  EXPECT_EQ(run(send_by_mapping, file), RouteEnd::kNoMapping);
  EXPECT_EQ(file.head, kHead);
  EXPECT_EQ(file.left.length_bytes, 1U);
  EXPECT_EQ(fallbacks(Fallback::kNotMappable), 1U);
  EXPECT_EQ(received(), "");
}

using CopyRouteTest = RouteTest;

TEST_F(CopyRouteTest, SendsWhatCanOnlyBeRead) {
  const UniqueFd fd(open(kUnmappable, O_RDONLY | O_CLOEXEC));
  connect(Family::kTcp);
  OutgoingFile file = outgoing(kHead, {fd.get(), 0, 1});
  EXPECT_EQ(run(send_by_copy, file), RouteEnd::kDone);
  EXPECT_EQ(received(), std::string(kHead) + "0");
}

TEST_F(CopyRouteTest, TellsWhatCannotBeRead) {
  const UniqueFd fd(open(directory_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  connect(Family::kTcp);
  OutgoingFile file = outgoing(kHead, {fd.get(), 0, 1});
  const Result<RouteEnd> sent = run(send_by_copy, file);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().system_errno, EISDIR);
}

using ZeroCopyRouteTest = RouteTest;

TEST_F(ZeroCopyRouteTest, LeavesAUnixSocketToOthers) {
  const UniqueFd fd = make_file(varied_bytes(10'000));
  connect(Family::kUnix);
  OutgoingFile file = outgoing(kHead, {fd.get(), 0, 10'000});
  EXPECT_EQ(run(send_by_zero_copy, file), RouteEnd::kUnsuitable);
  EXPECT_EQ(file.head, kHead);
  EXPECT_EQ(fallbacks(Fallback::kNoZeroCopy), 1U);
  EXPECT_EQ(received(), "");
}

TEST_F(ZeroCopyRouteTest, LeavesWhatCannotBeMappedToOthers) {
  const UniqueFd fd(open(kUnmappable, O_RDONLY | O_CLOEXEC));
  connect(Family::kTcp);
  OutgoingFile file = outgoing(kHead, {fd.get(), 0, 1});
  EXPECT_EQ(run(send_by_zero_copy, file), RouteEnd::kNoMapping);
  EXPECT_EQ(fallbacks(Fallback::kNotMappable), 1U);
}

// As loopback does: there is no card to read the pages.
TEST_F(ZeroCopyRouteTest, CountsWhatWasCopiedAfterAll) {
  const UniqueFd fd = make_file(varied_bytes(100'000));
  connect(Family::kTcp);
  start_reading();
  OutgoingFile file = outgoing(kHead, {fd.get(), 0, 100'000});
  ASSERT_EQ(run(send_by_zero_copy, file), RouteEnd::kDone);
  EXPECT_GE(counters_.zero_copy_copied.value(), 1U);
  EXPECT_EQ(counters_.copied_body_bytes.value(), 0U);
  EXPECT_EQ(received().size(), kHead.size() + 100'000);
}

// The socket takes all of it, and then nobody takes it from the socket: without a deadline of its
// own the transfer would wait for the kernel to let go of the pages for as long as the peer likes.
class PagesInLimboTest : public RouteTest {
 protected:
  PagesInLimboTest() {
    limits_.send_progress_timeout_ms = 200;
    const int little = 4096;
    Connection ends = connect_ends(Family::kTcp);
    setsockopt(ends.client.get(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    const int much = 1024 * 1024;
    setsockopt(ends.server.get(), SOL_SOCKET, SO_SNDBUFFORCE, &much, sizeof much);
    connect(std::move(ends));
  }

  const UniqueFd fd_ = make_file(varied_bytes(256 * 1024));
};

TEST_F(PagesInLimboTest, AreTakenBackFromAPeerThatStalls) {
  OutgoingFile file = outgoing(kHead, {fd_.get(), 0, 256 * 1024});
  const Result<RouteEnd> sent = run(send_by_zero_copy, file);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kTimedOut);
  // It was not for want of room that it had to wait.
  EXPECT_TRUE(file.done());
  // Nor can the peer take what it has for the whole.
  char byte;
  while (recv(client_.get(), &byte, 1, 0) == 1) continue;
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_F(PagesInLimboTest, AreTakenBackWhenTheTransferIsEndedFromOutside) {
  limits_.send_progress_timeout_ms = 1'000'000;
  socket_->deadline().arm(200);
  OutgoingFile file = outgoing(kHead, {fd_.get(), 0, 256 * 1024});
  const Result<RouteEnd> sent = run(send_by_zero_copy, file);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kTimedOut);
}

}  // namespace
}  // namespace sluice
