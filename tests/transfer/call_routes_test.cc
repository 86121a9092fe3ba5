// Which routes transfer() takes between its ends, and what is counted of them.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include <sluice/run.h>

#include "support/connections.h"
#include "support/temporary_directory.h"
#include "transfer/call.h"
#include "transfer/drop_behind.h"
#include "transfer/ends.h"
#include "transfer/route_fixture.h"

namespace sluice {
namespace {

constexpr size_t kManyBytes = 4 * 1024 * 1024;

class CallRoutes : public testing::Test {
 protected:
  UniqueFd file_of(std::string_view content) {
    directory_.write("file", content);
    return UniqueFd(open(directory_.path_of("file").c_str(), O_RDONLY | O_CLOEXEC));
  }

  testing_support::TemporaryDirectory directory_;
};

TEST_F(CallRoutes, WhatIsSplicedIsNotCopied) {
  run([](const testing_support::TemporaryDirectory& directory) -> Task<void> {
    const std::string bytes = varied_bytes(kManyBytes);
    const TransferCounters& counters = TransferContext::current()->counters;
    for (const SourceKind from :
         {SourceKind::kFile, SourceKind::kTcp, SourceKind::kUnix, SourceKind::kPipe}) {
      for (const SinkKind to : {SinkKind::kFile, SinkKind::kTcp, SinkKind::kUnix, SinkKind::kPipe,
                                SinkKind::kResponse}) {
        // The framing of a response needs to see what is not a file.
        if (to == SinkKind::kResponse && from != SourceKind::kFile) continue;
        SCOPED_TRACE(std::string(name_of(from)) + " to " + std::string(name_of(to)));
        TestSource source(directory, from, bytes);
        TestSink sink(directory, to, bytes);
        TransferStats before;
        counters.add_to(before);
        Task<TransferResult> moving = transfer(source.source(), sink.sink());
        const TransferResult moved = co_await moving;
        TransferStats after;
        counters.add_to(after);
        EXPECT_EQ(moved, bytes.size());
        EXPECT_EQ(after.copied_body_bytes, before.copied_body_bytes);
        const Route route = from == SourceKind::kFile && to == SinkKind::kFile
                                ? Route::kCopyFileRange
                                : Route::kSplice;
        EXPECT_EQ(bytes_by(after, route) - bytes_by(before, route), bytes.size());
      }
    }
  }(directory_));
}

TEST_F(CallRoutes, PartsOfAListGoByTheRouteThatSuitsThem) {
  const UniqueFd file = file_of(varied_bytes(1000));
  const testing_support::Connection connection =
      testing_support::connect_ends(testing_support::Family::kUnix);
  TransferOptions options;
  options.route = Route::kSplice;
  TransferStats stats;
  EXPECT_EQ(call_now(Source::list({Source::memory("text"), Source::file(file.get())}),
                     Sink::socket(connection.server.get()), options, &stats),
            1004U);
  EXPECT_EQ(bytes_by(stats, Route::kSplice), 1000U);
  EXPECT_EQ(fallbacks(stats, Fallback::kUnsuitableEnds), 1U);
}

TEST_F(CallRoutes, AutoSplicesWhatComesFromTheDisk) {
  const UniqueFd file = file_of(varied_bytes(64 * 1024));
  if (!evict(file.get())) GTEST_SKIP() << "this file system keeps files in memory";
  for (const Route route : {Route::kSplice, Route::kSendfile}) {
    const testing_support::Connection connection =
        testing_support::connect_ends(testing_support::Family::kUnix);
    TransferStats stats;
    EXPECT_EQ(call_now(Source::file(file.get()), Sink::socket(connection.server.get()), {}, &stats),
              64U * 1024);
    EXPECT_EQ(bytes_by(stats, route), 64U * 1024) << name_of(route);
  }
}

TEST_F(CallRoutes, FallbacksAreCounted) {
  std::string text;
  TransferOptions options;
  options.route = Route::kSplice;
  TransferStats stats;
  EXPECT_EQ(call_now(Source::memory("text"), Sink::string(text, 9), options, &stats), 4U);
  EXPECT_EQ(fallbacks(stats, Fallback::kUnsuitableEnds), 1U);
  EXPECT_EQ(stats.copied_body_bytes, 0U);
  EXPECT_EQ(bytes_by(stats, Route::kCopy), 4U);
  TransferStats of_chunks;
  run(
      []() -> Task<void> {
        std::string sink;
        ScriptedContent reader("some chunks", 11, -1, true);
        RequestContent content(reader);
        Task<TransferResult> moving = transfer(Source::content(content), Sink::string(sink, 99));
        EXPECT_EQ(co_await moving, 11U);
      }(),
      &of_chunks);
  EXPECT_EQ(of_chunks.copied_body_bytes, 11U);
}

uint64_t transfers(const TransferStats& stats) {
  uint64_t sum = 0;
  for (const RouteStats& route : stats.routes) sum += route.transfers;
  return sum;
}

uint64_t fallbacks(const TransferStats& stats) {
  uint64_t sum = 0;
  for (const uint64_t count : stats.fallbacks) sum += count;
  return sum;
}

TEST_F(CallRoutes, FileThatSaysItIsEmptyIsAFallbackOfEveryRouteButCopy) {
  const UniqueFd file(open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  directory_.write("sink", "");
  const UniqueFd sink(open(directory_.path_of("sink").c_str(), O_RDWR | O_CLOEXEC));
  for (size_t i = 0; i < kRouteCount; ++i) {
    TransferOptions options;
    options.route = static_cast<Route>(i);
    SCOPED_TRACE(std::string(name_of(options.route)));
    const bool copies = options.route == Route::kAuto || options.route == Route::kCopy;
    std::string text;
    for (const Sink& to : {Sink::string(text, 100'000), Sink::file(sink.get())}) {
      TransferStats stats;
      const TransferResult moved = call_now(Source::file(file.get()), to, options, &stats);
      ASSERT_TRUE(moved.has_value());
      EXPECT_EQ(bytes_by(stats, Route::kCopy), *moved);
      EXPECT_EQ(transfers(stats), 1U);
      EXPECT_EQ(fallbacks(stats), copies ? 0U : 1U);
    }
  }
}

TEST_F(CallRoutes, NothingIsATransferButNoReasonToFallBack) {
  const UniqueFd file = file_of("text");
  directory_.write("empty", "");
  const UniqueFd empty(open(directory_.path_of("empty").c_str(), O_RDWR | O_CLOEXEC));
  const testing_support::Connection connection =
      testing_support::connect_ends(testing_support::Family::kUnix);
  const PipeEnds pipe = pipe_to_write();
  std::string text;
  const Sink sinks[] = {Sink::string(text, 9), Sink::file(empty.get()),
                        Sink::socket(connection.server.get()), Sink::pipe(pipe.ours.get())};
  for (size_t i = 0; i < kRouteCount; ++i) {
    for (const Sink& sink : sinks) {
      for (const Source& source :
           {Source::memory("text"), Source::file(file.get()), Source::file(empty.get()),
            Source::socket(connection.server.get())}) {
        TransferOptions options;
        options.route = static_cast<Route>(i);
        options.length = 0;
        SCOPED_TRACE(std::string(name_of(options.route)) + " to " +
                     std::to_string(sink.kind().index()) + " from " +
                     std::to_string(source.kind().index()));
        TransferStats stats;
        EXPECT_EQ(call_now(source, sink, options, &stats), 0U);
        EXPECT_EQ(transfers(stats), 1U);
        EXPECT_EQ(fallbacks(stats), 0U);
      }
    }
  }
}

TEST_F(CallRoutes, FileToFileIsOneTransferByTheRouteThatWasWanted) {
  const std::string content = varied_bytes(20 * 1024 * 1024);
  const UniqueFd file = file_of(content);
  directory_.write("sink", "");
  const UniqueFd sink(open(directory_.path_of("sink").c_str(), O_RDWR | O_CLOEXEC));
  for (const bool one_time : {false, true}) {
    for (size_t i = 0; i < kRouteCount; ++i) {
      TransferOptions options;
      options.route = static_cast<Route>(i);
      options.one_time = one_time;
      SCOPED_TRACE(std::string(name_of(options.route)));
      const bool for_files = options.route == Route::kCopy || options.route == Route::kSplice ||
                             options.route == Route::kRingSplice;
      const Route taken = for_files ? options.route : Route::kCopyFileRange;
      TransferStats stats;
      EXPECT_EQ(call_now(Source::file(file.get()), Sink::file(sink.get()), options, &stats),
                content.size());
      EXPECT_EQ(stats.routes[static_cast<size_t>(taken)].transfers, 1U);
      EXPECT_EQ(transfers(stats), 1U);
      EXPECT_EQ(bytes_by(stats, taken), content.size());
      EXPECT_EQ(fallbacks(stats),
                taken == options.route || options.route == Route::kAuto ? 0U : 1U);
    }
  }
}

// What is dropped from the page cache on the way is copied in steps.
TEST_F(CallRoutes, WhatHasNotDoneForOneStepIsNotTriedForTheNext) {
  const std::string content = varied_bytes(2 * DropBehind::kStepBytes + 1);
  const UniqueFd source(memfd_create("sluice-test", MFD_CLOEXEC));
  ASSERT_EQ(write(source.get(), content.data(), content.size()), ssize_t(content.size()));
  directory_.write("sink", "");
  const UniqueFd sink(open(directory_.path_of("sink").c_str(), O_RDWR | O_CLOEXEC));
  if (copy_file_range(source.get(), nullptr, sink.get(), nullptr, 1, 0) >= 0 || errno != EXDEV) {
    GTEST_SKIP() << "the two file systems are no strangers here";
  }
  TransferOptions options;
  options.one_time = true;
  TransferStats stats;
  EXPECT_EQ(call_now(Source::file(source.get()), Sink::file(sink.get()), options, &stats),
            content.size());
  EXPECT_EQ(fallbacks(stats), 1U);
  EXPECT_EQ(bytes_by(stats, Route::kRingSplice), content.size());
}

TEST_F(CallRoutes, WithoutPipesBytesAreCopied) {
  run([]() -> Task<void> {
    TransferContext& context = *TransferContext::current();
    std::vector<PipePool::Lease> all;
    while (PipePool::Lease lease = context.pipes.try_acquire()) all.push_back(std::move(lease));
    const testing_support::TemporaryDirectory directory;
    const std::string bytes = varied_bytes(300'000);
    TestSource source(directory, SourceKind::kTcp, bytes);
    TestSink sink(directory, SinkKind::kTcp, bytes);
    Task<TransferResult> moving = transfer(source.source(), sink.sink());
    EXPECT_EQ(co_await moving, bytes.size());
    EXPECT_EQ(sink.arrived(bytes.size()), Arrival{.bytes = bytes.size()});
    TransferStats stats;
    context.counters.add_to(stats);
    EXPECT_EQ(fallbacks(stats, Fallback::kNoPipe), 1U);
    EXPECT_EQ(stats.copied_body_bytes, bytes.size());
  }());
}

}  // namespace
}  // namespace sluice
