// What send_response() makes of a body: the route, the ones it falls back to, and what is counted.
#include <gtest/gtest.h>

#include <vector>

#include "io/file_memory.h"
#include "transfer/drop_behind.h"
#include "transfer/route_fixture.h"
#include "transfer/transfer.h"

namespace sluice {
namespace {

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\n\r\n";

class ResponseTest : public RouteTest {
 protected:
  std::string send(BodySource body, SendOptions options = {}) {
    connect(Family::kTcp);
    start_reading();
    Task<Result<void>> sending = send_response(context_, *sink_, kHead, body, options);
    sent_ = loop_.run(std::move(sending));
    return received();
  }
  uint64_t transfers_by(Route route) { return counters_.of(route).transfers.value(); }

  Result<void> sent_;
};

TEST_F(ResponseTest, AutoGoesByTheSize) {
  struct Case {
    uint64_t bytes;
    Route route;
  };
  const std::string content = varied_bytes(1'000'000);
  const UniqueFd fd = make_file(content);
  for (const Case& one :
       {Case{10, Route::kMapped}, Case{thresholds_.mapped_bytes, Route::kMapped},
        Case{thresholds_.mapped_bytes + 1, Route::kSendfile},
        Case{thresholds_.sendfile_bytes + 1, Route::kSplice}, Case{1'000'000, Route::kSplice}}) {
    const uint64_t transfers = transfers_by(one.route);
    const uint64_t bytes = bytes_by(one.route);
    EXPECT_TRUE(send(FileRange{fd.get(), 0, one.bytes}) ==
                std::string(kHead) + content.substr(0, one.bytes));
    EXPECT_TRUE(sent_);
    EXPECT_EQ(transfers_by(one.route), transfers + 1) << one.bytes;
    EXPECT_EQ(bytes_by(one.route), bytes + one.bytes) << one.bytes;
  }
  EXPECT_EQ(counters_.copied_body_bytes.value(), 0U);
  EXPECT_EQ(counters_.pipes_in_use.value(), 0U);
}

TEST_F(ResponseTest, AutoKnowsWhatWasSentLately) {
  const uint64_t size = thresholds_.mapped_bytes + 1;
  const UniqueFd fds[] = {make_file(varied_bytes(size)), make_file(varied_bytes(200'000))};
  FileMemory memory;
  const FileRange again{fds[0].get(), 0, size, &memory};
  const FileRange other{fds[1].get(), 0, thresholds_.mapped_again_bytes};
  const FileRange byte{fds[1].get(), 0, 1};
  struct Case {
    FileRange range;
    Route route;
  };
  for (const Case& one :
       {Case{again, Route::kSendfile}, Case{again, Route::kMapped}, Case{again, Route::kMapped},
        Case{other, Route::kSendfile}, Case{again, Route::kMapped}, Case{other, Route::kSendfile},
        Case{byte, Route::kMapped}, Case{again, Route::kSendfile}, Case{again, Route::kMapped}}) {
    const uint64_t transfers = transfers_by(one.route);
    send(one.range);
    EXPECT_TRUE(sent_);
    EXPECT_EQ(transfers_by(one.route), transfers + 1);
  }
}

TEST_F(ResponseTest, AutoSplicesWhatComesFromTheDisk) {
  for (const uint64_t size :
       {uint64_t{1}, thresholds_.mapped_bytes, thresholds_.mapped_again_bytes}) {
    const std::string content = varied_bytes(size);
    const UniqueFd fd = make_file(content);
    if (!evict(fd.get())) GTEST_SKIP() << "this file system keeps files in memory";
    FileMemory memory;
    for (const Route route : {Route::kSplice, Route::kMapped}) {
      const uint64_t transfers = transfers_by(route);
      EXPECT_TRUE(send(FileRange{fd.get(), 0, size, &memory}) == std::string(kHead) + content);
      EXPECT_EQ(transfers_by(route), transfers + 1) << size << " " << name_of(route);
    }
  }
}

TEST_F(ResponseTest, AutoAsksThePageCacheAlsoOfFilesWithoutAMemory) {
  const uint64_t size = thresholds_.sendfile_bytes;
  const std::string content = varied_bytes(size);
  const UniqueFd fd = make_file(content);
  if (!evict(fd.get())) GTEST_SKIP() << "this file system keeps files in memory";
  for (const Route route : {Route::kSplice, Route::kSendfile}) {
    const uint64_t transfers = transfers_by(route);
    EXPECT_TRUE(send(FileRange{fd.get(), 0, size}) == std::string(kHead) + content);
    EXPECT_EQ(transfers_by(route), transfers + 1) << name_of(route);
  }
}

// What is dropped from the page cache on the way is sent in steps.
TEST_F(ResponseTest, WhatHasNotDoneForOneStepIsNotTriedForTheNext) {
  const std::string content = varied_bytes(2 * DropBehind::kStepBytes + 1);
  const UniqueFd fd = make_file(content);
  connect(Family::kUnix);
  start_reading();
  Task<Result<void>> sending =
      send_response(context_, *sink_, kHead, FileRange{fd.get(), 0, content.size()},
                    {.route = Route::kZeroCopySend, .one_time = true});
  EXPECT_TRUE(loop_.run(std::move(sending)));
  EXPECT_TRUE(received() == std::string(kHead) + content);
  EXPECT_EQ(fallbacks(Fallback::kNoZeroCopy), 1U);
}

TEST_F(ResponseTest, WhatIsInMemoryIsNotCounted) {
  EXPECT_EQ(send(MemoryBody{"an error page"}), std::string(kHead) + "an error page");
  EXPECT_EQ(send({}), kHead);
  const UniqueFd fd = make_file("");
  EXPECT_EQ(send(FileRange{fd.get(), 0, 0}), kHead);
  for (const TransferCounters::OfRoute& route : counters_.routes) {
    EXPECT_EQ(route.transfers.value(), 0U);
    EXPECT_EQ(route.bytes.value(), 0U);
  }
}

TEST_F(ResponseTest, HeadAndMemoryLeaveInOneCall) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
  connect(Connection{UniqueFd(ends[0]), UniqueFd(ends[1])});
  Task<Result<void>> sending = send_response(context_, *sink_, kHead, MemoryBody{"page"}, {});
  EXPECT_TRUE(loop_.run(std::move(sending)));
  char packet[100];
  // A packet is what one call has sent.
  EXPECT_EQ(recv(ends[1], packet, sizeof packet, 0), static_cast<ssize_t>(kHead.size() + 4));
}

TEST_F(ResponseTest, PartsTravelByTheRouteToo) {
  const std::string content = varied_bytes(400'000);
  const UniqueFd fd = make_file(content);
  const std::vector<FileParts::Part> parts = {{"--a\r\n", {fd.get(), 0, 300'000}},
                                              {"\r\n--a\r\n", {fd.get(), 399'990, 10}}};
  const std::string expected = std::string(kHead) + "--a\r\n" + content.substr(0, 300'000) +
                               "\r\n--a\r\n" + content.substr(399'990) + "\r\n--a--\r\n";
  for (const Route route : {Route::kAuto, Route::kCopy, Route::kSendfile, Route::kSplice,
                            Route::kRingSplice, Route::kMapped, Route::kZeroCopySend}) {
    EXPECT_TRUE(send(FileParts{parts, "\r\n--a--\r\n"}, {route}) == expected) << name_of(route);
  }
  EXPECT_EQ(transfers_by(Route::kSplice), 2U);  // also the one of kAuto
  EXPECT_EQ(bytes_by(Route::kSplice), 300'000U + 300'010U);
  EXPECT_EQ(bytes_by(Route::kRingSplice), 300'010U);
  EXPECT_EQ(counters_.copied_body_bytes.value(), 300'010U);
}

TEST_F(ResponseTest, AFileThatIsDroppedBehindArrives) {
  const std::string content = varied_bytes(20 * 1024 * 1024 + 5);
  const UniqueFd fd = make_file(content);
  for (const Route route : {Route::kAuto, Route::kSendfile, Route::kMapped}) {
    EXPECT_TRUE(send(FileRange{fd.get(), 7, content.size() - 7}, {route, true}) ==
                std::string(kHead) + content.substr(7))
        << name_of(route);
  }
}

TEST_F(ResponseTest, WithoutAPipeASplicedFileGoesBySendfile) {
  const std::string content = varied_bytes(500'000);
  const UniqueFd fd = make_file(content);
  std::vector<PipePool::Lease> all;
  for (int i = 0; i < 4; ++i) all.push_back(pipes_.try_acquire());
  for (const Route route : {Route::kAuto, Route::kSplice, Route::kRingSplice}) {
    EXPECT_TRUE(send(FileRange{fd.get(), 0, content.size()}, {route}) ==
                std::string(kHead) + content);
  }
  EXPECT_EQ(fallbacks(Fallback::kNoPipe), 3U);
  EXPECT_EQ(transfers_by(Route::kSplice), 2U);
  EXPECT_EQ(bytes_by(Route::kSplice), 0U);
  EXPECT_EQ(bytes_by(Route::kSendfile), 3 * content.size());
  EXPECT_EQ(counters_.pipes_in_use.value(), 4U);
}

TEST_F(ResponseTest, WhatIsNotThereAnyMoreIsNotReplaced) {
  const UniqueFd fd = make_file(varied_bytes(100'000));
  for (const Route route : {Route::kCopy, Route::kSendfile, Route::kSplice, Route::kRingSplice,
                            Route::kMapped, Route::kZeroCopySend}) {
    const std::string arrived = send(FileRange{fd.get(), 90'000, 30'000}, {route});
    ASSERT_FALSE(sent_) << name_of(route);
    EXPECT_EQ(sent_.error().code, ErrorCode::kChanged) << name_of(route);
    EXPECT_LT(arrived.size(), kHead.size() + 30'000) << name_of(route);
  }
  EXPECT_EQ(counters_.pipes_in_use.value(), 0U);
}

}  // namespace
}  // namespace sluice
