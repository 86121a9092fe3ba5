// Whatever the route, the socket, the size and the offset: the bytes arrive, and are counted.
#include <gtest/gtest.h>

#include "io/file_memory.h"
#include "transfer/copy_route.h"
#include "transfer/mapped_route.h"
#include "transfer/ring_splice_route.h"
#include "transfer/route_fixture.h"
#include "transfer/sendfile_route.h"
#include "transfer/splice_route.h"
#include "transfer/zero_copy_route.h"

namespace sluice {
namespace {

struct RouteCase {
  const char* name;
  Task<Result<RouteEnd>> (*send)(OutgoingFile& file) noexcept;
  Route route;
  Family family;
};

constexpr RouteCase kCases[] = {
    {"MappedTcp", send_by_mapping, Route::kMapped, Family::kTcp},
    {"MappedUnix", send_by_mapping, Route::kMapped, Family::kUnix},
    {"CopyTcp", send_by_copy, Route::kCopy, Family::kTcp},
    {"CopyUnix", send_by_copy, Route::kCopy, Family::kUnix},
    {"SendfileTcp", send_by_sendfile, Route::kSendfile, Family::kTcp},
    {"SendfileUnix", send_by_sendfile, Route::kSendfile, Family::kUnix},
    {"SpliceTcp", send_by_splice, Route::kSplice, Family::kTcp},
    {"SpliceUnix", send_by_splice, Route::kSplice, Family::kUnix},
    {"RingSpliceTcp", send_by_ring_splice, Route::kRingSplice, Family::kTcp},
    {"RingSpliceUnix", send_by_ring_splice, Route::kRingSplice, Family::kUnix},
    {"ZeroCopyTcp", send_by_zero_copy, Route::kZeroCopySend, Family::kTcp},
};

constexpr size_t kMiB = 1024 * 1024;
constexpr size_t kSizes[] = {1,      4095,     4096, 4097,     65'535,           65'536,
                             65'537, kMiB - 1, kMiB, kMiB + 1, 2 * kMiB + 12'345};
constexpr size_t kOffsets[] = {0, 1, 4095, 4097, 70'001};
constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\n\r\n";

class EveryByteTest : public RouteTest, public testing::WithParamInterface<RouteCase> {
 protected:
  Result<RouteEnd> send(OutgoingFile& file) { return run(GetParam().send, file); }
};

TEST_P(EveryByteTest, ArrivesFromWherever) {
  const std::string content = varied_bytes(3 * kMiB);
  const UniqueFd fd = make_file(content);
  uint64_t sent = 0;
  for (const size_t size : kSizes) {
    for (const size_t offset : kOffsets) {
      SCOPED_TRACE(std::to_string(size) + " from " + std::to_string(offset));
      connect(GetParam().family);
      start_reading();
      OutgoingFile file = outgoing(kHead, {fd.get(), offset, size});
      EXPECT_EQ(send(file), RouteEnd::kDone);
      EXPECT_TRUE(received() == std::string(kHead) + content.substr(offset, size));
      sent += size;
    }
  }
  EXPECT_EQ(bytes_by(GetParam().route), sent);
  EXPECT_EQ(counters_.copied_body_bytes.value(), GetParam().route == Route::kCopy ? sent : 0);
}

TEST_P(EveryByteTest, ArrivesFromAFileThatIsKeptMapped) {
  const std::string content = varied_bytes(100'000);
  const UniqueFd fd = make_file(content);
  FileMemory memory;
  for (const size_t offset : {99'999U, 50'000U, 0U, 1U}) {
    connect(GetParam().family);
    start_reading();
    const size_t size = content.size() - offset;
    OutgoingFile file = outgoing(kHead, {fd.get(), offset, size, &memory});
    EXPECT_EQ(send(file), RouteEnd::kDone);
    EXPECT_TRUE(received() == std::string(kHead) + content.substr(offset));
  }
}

TEST_P(EveryByteTest, ArrivesFromADisk) {
  const std::string content = varied_bytes(6 * kMiB + 77);
  const UniqueFd fd = make_file(content);
  if (!evict(fd.get())) GTEST_SKIP() << "this file system keeps files in memory";
  connect(GetParam().family);
  start_reading();
  OutgoingFile file = outgoing(kHead, {fd.get(), 33, content.size() - 33});
  EXPECT_EQ(send(file), RouteEnd::kDone);
  EXPECT_TRUE(received() == std::string(kHead) + content.substr(33));
}

TEST_P(EveryByteTest, ArrivesThroughASocketWithLittleRoom) {
  const std::string content = varied_bytes(300'000);
  const std::string head = varied_bytes(200'000);
  const UniqueFd fd = make_file(content);
  Connection ends = connect_ends(GetParam().family);
  const int little = 4096;
  setsockopt(ends.server.get(), SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
  connect(std::move(ends));
  start_reading();
  OutgoingFile file = outgoing(head, {fd.get(), 0, content.size()});
  EXPECT_EQ(send(file), RouteEnd::kDone);
  EXPECT_TRUE(received() == head + content);
}

TEST_P(EveryByteTest, IsMissedInAFileThatEndsEarly) {
  const UniqueFd fd = make_file(varied_bytes(10'000));
  for (const size_t end : {8'192U, 5'000U, 0U}) {
    ASSERT_EQ(truncate(directory_.path_of("file").c_str(), static_cast<off_t>(end)), 0);
    connect(GetParam().family);
    start_reading();
    OutgoingFile file = outgoing(kHead, {fd.get(), 0, 20'000});
    const Result<RouteEnd> sent = send(file);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ErrorCode::kChanged);
    received();
  }
}

TEST_P(EveryByteTest, IsMissedInAFileThatIsCutOffMeanwhile) {
  const UniqueFd fd = make_file("");
  ASSERT_EQ(truncate(directory_.path_of("file").c_str(), 64 * kMiB), 0);
  connect(GetParam().family);
  // More than any socket holds has been sent when the peer begins to read.
  OutgoingFile file = outgoing(kHead, {fd.get(), 0, 64 * kMiB});
  Task<Result<RouteEnd>> sending = GetParam().send(file);
  std::thread cutter([&] {
    char byte;
    ASSERT_EQ(recv(client_.get(), &byte, 1, 0), 1);
    ASSERT_EQ(truncate(directory_.path_of("file").c_str(), 63 * kMiB), 0);
    std::string rest(kMiB, '\0');
    while (recv(client_.get(), rest.data(), rest.size(), 0) > 0) continue;
  });
  const Result<RouteEnd> sent = loop_.run(std::move(sending));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kChanged);
  socket_->reset();
  cutter.join();
}

TEST_P(EveryByteTest, FailsWithAPeerThatIsGone) {
  const UniqueFd fd = make_file(varied_bytes(10'000));
  connect(GetParam().family);
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(client_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  client_.reset();
  OutgoingFile file = outgoing(kHead, {fd.get(), 0, 10'000});
  const Result<RouteEnd> sent = send(file);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kPeerGone);
}

TEST_P(EveryByteTest, FailsWithAPeerThatStalls) {
  const UniqueFd fd = make_file("");
  ASSERT_EQ(truncate(directory_.path_of("file").c_str(), 64 * kMiB), 0);
  limits_.send_progress_timeout_ms = 200;
  connect(GetParam().family);
  OutgoingFile file = outgoing(kHead, {fd.get(), 0, 64 * kMiB});
  const Result<RouteEnd> sent = send(file);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kTimedOut);
}

INSTANTIATE_TEST_SUITE_P(Routes, EveryByteTest, testing::ValuesIn(kCases),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace sluice
