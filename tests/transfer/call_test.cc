// transfer() as programs call it: ends that are refused, lengths, limits, time.
#include "transfer/call.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <sluice/run.h>

#include "runtime/frame_pool.h"
#include "runtime/sleep.h"
#include "support/descriptors.h"
#include "transfer/ends.h"
#include "transfer/route_fixture.h"

namespace sluice {
namespace {

constexpr size_t kManyBytes = 4 * 1024 * 1024;

void expect_error(const TransferResult& result, ErrorCode code, TransferEnd end, uint64_t moved) {
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().error.code, code) << to_string(result.error());
  EXPECT_EQ(result.error().end, end) << to_string(result.error());
  EXPECT_EQ(result.error().moved, moved);
}

class CallTest : public testing::Test {
 protected:
  void SetUp() override {
    before_ = testing_support::open_descriptors();
    frames_ = FramePool::of_this_thread().live_count();
  }
  void TearDown() override { EXPECT_EQ(FramePool::of_this_thread().live_count(), frames_); }

  UniqueFd file_of(std::string_view content, int flags = O_RDWR) {
    directory_.write("file", content);
    return UniqueFd(open(directory_.path_of("file").c_str(), flags | O_CLOEXEC));
  }

  testing_support::TemporaryDirectory directory_;
  std::set<int> before_;
  uint64_t frames_ = 0;
};

Detached start(Task<TransferResult>& moving, std::optional<TransferResult>& result) {
  result = co_await moving;
}

TEST_F(CallTest, ThreadWithoutALoopIsToldSo) {
  std::string text;
  std::optional<TransferResult> result;
  Task<TransferResult> moving = transfer(Source::memory("text"), Sink::string(text, 10));
  start(moving, result);
  ASSERT_TRUE(result.has_value());
  expect_error(*result, ErrorCode::kUnsupported, TransferEnd::kNeither, 0);
  EXPECT_EQ(to_string(result->error()), "no loop on this thread (at byte 0)");
}

TEST_F(CallTest, FanOutWithoutALoopIsToldSo) {
  std::optional<FanOutResult> result;
  Task<FanOutResult> moving = fan_out(Source::memory("text"), Sink::file(-1), {Sink::pipe(-1)});
  const auto starting = [](Task<FanOutResult>& task,
                           std::optional<FanOutResult>& into) -> Detached { into = co_await task; };
  starting(moving, result);
  ASSERT_TRUE(result.has_value());
  expect_error(result->file, ErrorCode::kUnsupported, TransferEnd::kNeither, 0);
  expect_error(result->followers.at(0), ErrorCode::kUnsupported, TransferEnd::kNeither, 0);
}

TEST_F(CallTest, EndsThatWereNotOpenedForItAreRefused) {
  const UniqueFd reading = file_of("text", O_RDONLY);
  const UniqueFd writing = file_of("text", O_WRONLY);
  const UniqueFd place = file_of("text", O_PATH);
  const PipeEnds read_end = pipe_to_read();
  const PipeEnds write_end = pipe_to_write();
  const Connection ends = connect_ends(Family::kTcp);
  std::string text;
  const Sink sinks[] = {Sink::string(text, 10), Sink::file(writing.get(), 10),
                        Sink::socket(ends.server.get()), Sink::pipe(write_end.ours.get())};
  const Source sources[] = {Source::memory("text"), Source::file(reading.get()),
                            Source::socket(ends.server.get()), Source::pipe(read_end.ours.get())};
  for (size_t i = 0; i < kRouteCount; ++i) {
    TransferOptions options;
    options.route = static_cast<Route>(i);
    for (const Sink& sink : sinks) {
      for (const Source& source : {Source::file(writing.get()), Source::file(place.get()),
                                   Source::pipe(write_end.ours.get())}) {
        const TransferResult result = call_now(source, sink, options);
        expect_error(result, ErrorCode::kSystem, TransferEnd::kSource, 0);
        EXPECT_EQ(result.error().error.system_errno, EBADF);
      }
    }
    for (const Source& source : sources) {
      for (const Sink& sink :
           {Sink::file(reading.get()), Sink::file(place.get()), Sink::pipe(read_end.ours.get())}) {
        const TransferResult result = call_now(source, sink, options);
        expect_error(result, ErrorCode::kSystem, TransferEnd::kSink, 0);
        EXPECT_EQ(result.error().error.system_errno, EBADF);
      }
    }
  }
}

TEST_F(CallTest, EndsThatBlockAreRefused) {
  int sockets[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
  const UniqueFd one(sockets[0]);
  const UniqueFd other(sockets[1]);
  const PipeEnds reading = pipe_to_read();
  const PipeEnds writing = pipe_to_write();
  std::string text;
  const Sink sink = Sink::string(text, 10);
  const Source source = Source::memory("text");
  constexpr ErrorCode kCode = ErrorCode::kUnsupported;
  expect_error(call_now(Source::socket(one.get()), sink), kCode, TransferEnd::kSource, 0);
  expect_error(call_now(Source::pipe(writing.peer.get()), sink), kCode, TransferEnd::kSource, 0);
  expect_error(call_now(source, Sink::socket(one.get())), kCode, TransferEnd::kSink, 0);
  expect_error(call_now(source, Sink::pipe(reading.peer.get())), kCode, TransferEnd::kSink, 0);
}

TEST_F(CallTest, EndsOfAnotherKindAreRefused) {
  const UniqueFd file = file_of("text");
  const UniqueFd appending = file_of("text", O_RDWR | O_APPEND);
  const UniqueFd folder(open(directory_.path().c_str(), O_RDONLY | O_CLOEXEC));
  const Connection ends = connect_ends(Family::kUnix);
  std::string text;
  const Sink sink = Sink::string(text, 10);
  const Source source = Source::memory("text");
  TransferOptions from_one;
  from_one.offset = 1;
  constexpr ErrorCode kCode = ErrorCode::kUnsupported;
  constexpr TransferEnd kSource = TransferEnd::kSource;
  constexpr TransferEnd kSink = TransferEnd::kSink;
  expect_error(call_now(Source::file(folder.get()), sink), kCode, kSource, 0);
  expect_error(call_now(Source::file(ends.server.get()), sink), kCode, kSource, 0);
  expect_error(call_now(Source::socket(file.get()), sink), kCode, kSource, 0);
  expect_error(call_now(Source::pipe(ends.server.get()), sink), kCode, kSource, 0);
  expect_error(call_now(Source::socket(ends.server.get()), sink, from_one), kCode, kSource, 0);
  expect_error(call_now(Source::list({source}), sink, from_one), kCode, kSource, 0);
  expect_error(call_now(source, Sink::file(appending.get())), kCode, kSink, 0);
  expect_error(call_now(source, Sink::file(file.get(), UINT64_MAX)), kCode, kSink, 0);
  expect_error(call_now(source, Sink::pipe(file.get())), kCode, kSink, 0);
  expect_error(call_now(source, Sink::file(-1)), ErrorCode::kSystem, kSink, 0);
  expect_error(call_now(Source::file(-1), sink), ErrorCode::kSystem, kSource, 0);
}

TEST_F(CallTest, SourceThatEndsEarlyIsAnError) {
  run([](const testing_support::TemporaryDirectory& directory) -> Task<void> {
    const std::string bytes = varied_bytes(100'000);
    for (size_t source_kind = 0; source_kind < kSourceKinds; ++source_kind) {
      for (size_t sink_kind = 0; sink_kind < kSinkKinds; ++sink_kind) {
        const auto from = static_cast<SourceKind>(source_kind);
        // Here it is the other end that still has something.
        if (from == SourceKind::kList) continue;
        SCOPED_TRACE(std::string(name_of(from)));
        TestSource source(directory, from, bytes);
        TestSink sink(directory, static_cast<SinkKind>(sink_kind), bytes, 1);
        TransferOptions options;
        options.length = bytes.size() + 1;
        Task<TransferResult> moving = transfer(source.source(), sink.sink(), options);
        const TransferResult moved = co_await moving;
        expect_error(moved, ErrorCode::kChanged, TransferEnd::kSource, bytes.size());
        EXPECT_EQ(sink.arrived(bytes.size()), Arrival{.bytes = bytes.size()});
      }
    }
  }(directory_));
}

TEST_F(CallTest, ContentThatDoesNotComeIsThePeersFault) {
  run([]() -> Task<void> {
    Connection ends = connect_ends(Family::kTcp);
    std::string text;
    ScriptedContent reader("begin", 1'000, ends.server.get(), false);
    RequestContent content(reader);
    feed(ends.client.get(), "more");
    ends.client.reset();
    Task<TransferResult> moving = transfer(Source::content(content), Sink::string(text, 1'000));
    const TransferResult moved = co_await moving;
    expect_error(moved, ErrorCode::kPeerGone, TransferEnd::kSource, 9);
    EXPECT_EQ(text, "beginmore");
  }());
}

TEST_F(CallTest, OffsetBehindTheEndIsTheEnd) {
  const UniqueFd file = file_of("text");
  std::string text;
  TransferOptions options;
  options.offset = 100;
  EXPECT_EQ(call_now(Source::file(file.get()), Sink::string(text, 9), options), 0U);
  EXPECT_EQ(call_now(Source::memory("text"), Sink::string(text, 9), options), 0U);
  options.length = 1;
  expect_error(call_now(Source::file(file.get()), Sink::string(text, 9), options),
               ErrorCode::kChanged, TransferEnd::kSource, 0);
}

TEST_F(CallTest, FileThatSaysItIsEmptyIsRead) {
  const UniqueFd file(open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  std::string text;
  const TransferResult moved = call_now(Source::file(file.get()), Sink::string(text, 1'000'000));
  ASSERT_TRUE(moved.has_value());
  EXPECT_TRUE(text.starts_with("Name:"));
}

TEST_F(CallTest, FullSinksSaySo) {
  expect_error(call_now(Source::memory("text"), Sink::memory({})), ErrorCode::kExhausted,
               TransferEnd::kSink, 0);
  char room[3];
  std::string text = "a";
  for (const Source& source : {Source::memory("text"), Source::owned("text")}) {
    expect_error(call_now(source, Sink::memory(room)), ErrorCode::kExhausted, TransferEnd::kSink,
                 3);
    text = "a";
    expect_error(call_now(source, Sink::string(text, 3)), ErrorCode::kExhausted, TransferEnd::kSink,
                 2);
    EXPECT_EQ(text, "ate");
  }
  const UniqueFd file = file_of("text");
  expect_error(call_now(Source::file(file.get()), Sink::memory(room)), ErrorCode::kExhausted,
               TransferEnd::kSink, 3);
  EXPECT_EQ(std::string(room, 3), "tex");
  text = "more than that";
  expect_error(call_now(Source::file(file.get()), Sink::string(text, 3)), ErrorCode::kExhausted,
               TransferEnd::kSink, 0);
}

TEST_F(CallTest, FullDiskSaysSo) {
  const std::string place = directory_.path_of("small");
  ASSERT_EQ(mkdir(place.c_str(), 0700), 0);
  if (mount("none", place.c_str(), "tmpfs", 0, "size=64k") != 0) GTEST_SKIP() << "mount(2)";
  {
    const UniqueFd disk(open((place + "/file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    run([](const testing_support::TemporaryDirectory& directory, int to) -> Task<void> {
      const std::string bytes = varied_bytes(1'000'000);
      for (const SourceKind kind : {SourceKind::kBorrowed, SourceKind::kTcp, SourceKind::kPipe,
                                    SourceKind::kFile, SourceKind::kContent}) {
        SCOPED_TRACE(std::string(name_of(kind)));
        EXPECT_EQ(ftruncate(to, 0), 0);
        TestSource source(directory, kind, bytes);
        Task<TransferResult> moving = transfer(source.source(), Sink::file(to));
        const TransferResult moved = co_await moving;
        expect_error(moved, ErrorCode::kNoSpace, TransferEnd::kSink, 65'536);
      }
    }(directory_, disk.get()));
  }
  // A worker of the ring may still hold the file.
  EXPECT_EQ(umount2(place.c_str(), MNT_DETACH), 0);
}

TEST_F(CallTest, ReaderThatIsGoneIsAnErrorAndNoSignal) {
  const UniqueFd file = file_of(varied_bytes(kManyBytes));
  for (const Route route : {Route::kAuto, Route::kCopy, Route::kSplice, Route::kRingSplice}) {
    for (const bool pipe : {true, false}) {
      UniqueFd ours;
      if (pipe) {
        ours = pipe_to_write().ours;
      } else {
        ours = connect_ends(Family::kUnix).server;
      }
      const Sink sink = pipe ? Sink::pipe(ours.get()) : Sink::socket(ours.get());
      PipeEnds feeding = pipe_to_read();
      ASSERT_TRUE(feed(feeding.peer.get(), "text"));
      TransferOptions options;
      options.route = route;
      for (const Source& source :
           {Source::file(file.get()), Source::memory("text"), Source::pipe(feeding.ours.get())}) {
        expect_error(call_now(source, sink, options), ErrorCode::kPeerGone, TransferEnd::kSink, 0);
      }
    }
  }
}

TEST_F(CallTest, DeadlineEndsEveryWait) {
  const std::string bytes = varied_bytes(kManyBytes);
  const UniqueFd file = file_of(bytes);
  Connection ends = connect_ends(Family::kUnix);
  Connection other = connect_ends(Family::kUnix);
  PipeEnds reading = pipe_to_read();
  PipeEnds writing = pipe_to_write();
  std::string text;
  const std::pair<Source, Sink> waits[] = {
      {Source::socket(ends.server.get()), Sink::string(text, 9)},
      {Source::socket(ends.server.get()), Sink::file(file.get())},
      {Source::socket(ends.server.get()), Sink::socket(other.server.get())},
      {Source::socket(ends.server.get()), Sink::pipe(writing.ours.get())},
      {Source::pipe(reading.ours.get()), Sink::string(text, 9)},
      {Source::pipe(reading.ours.get()), Sink::file(file.get())},
      {Source::pipe(reading.ours.get()), Sink::pipe(writing.ours.get())},
      {Source::memory(bytes), Sink::pipe(writing.ours.get())},
      {Source::memory(bytes), Sink::socket(ends.server.get())},
      {Source::file(file.get()), Sink::pipe(writing.ours.get())},
      {Source::file(file.get()), Sink::socket(other.server.get())},
  };
  for (const auto& [source, sink] : waits) {
    TransferOptions options;
    options.deadline_ms = 20;
    TransferStats stats;
    const TransferResult moved = call_now(source, sink, options, &stats);
    ASSERT_FALSE(moved.has_value());
    EXPECT_EQ(moved.error().error.code, ErrorCode::kTimedOut) << to_string(moved.error());
    EXPECT_EQ(moved.error().end, TransferEnd::kNeither);
    EXPECT_EQ(stats.pipes_in_use, 0U);

    Cancellation cancellation;
    options.deadline_ms = kNoDeadline;
    options.cancellation = &cancellation;
    run([](Source from, Sink to, TransferOptions call_options) -> Task<void> {
      std::optional<TransferResult> result;
      Task<TransferResult> moving = transfer(std::move(from), to, call_options);
      start(moving, result);
      Reactor& reactor = TransferContext::current()->reactor;
      Sleep pause(reactor, 1);
      co_await pause;
      EXPECT_FALSE(result.has_value());
      call_options.cancellation->cancel();
      for (int turns = 0; !result && turns < 100; ++turns) {
        Sleep longer(reactor, 1);
        co_await longer;
      }
      EXPECT_TRUE(result.has_value());
      if (result && !*result) {
        EXPECT_EQ(result->error().error.code, ErrorCode::kCancelled);
        EXPECT_EQ(result->error().end, TransferEnd::kNeither);
      }
    }(source, sink, options));
  }
}

TEST_F(CallTest, WhatIsCancelledBeforeItBeginsMovesNothing) {
  Cancellation cancellation;
  cancellation.cancel();
  TransferOptions options;
  options.cancellation = &cancellation;
  std::string text;
  expect_error(call_now(Source::memory("text"), Sink::string(text, 9), options),
               ErrorCode::kCancelled, TransferEnd::kNeither, 0);
  options = {};
  options.deadline_ms = 0;
  expect_error(call_now(Source::memory("text"), Sink::string(text, 9), options),
               ErrorCode::kTimedOut, TransferEnd::kNeither, 0);
}

TEST_F(CallTest, ProgressGrowsUpToTheWhole) {
  run([](const testing_support::TemporaryDirectory& directory) -> Task<void> {
    const std::string bytes = varied_bytes(kManyBytes);
    for (size_t source_kind = 0; source_kind < kSourceKinds; ++source_kind) {
      for (size_t sink_kind = 0; sink_kind < kSinkKinds; ++sink_kind) {
        TestSource source(directory, static_cast<SourceKind>(source_kind), bytes);
        TestSink sink(directory, static_cast<SinkKind>(sink_kind), bytes);
        std::vector<uint64_t> told;
        const auto tell = [&told](uint64_t moved) { told.push_back(moved); };
        TransferOptions options;
        options.length = bytes.size();
        options.progress = tell;
        options.one_time = true;
        Task<TransferResult> moving = transfer(source.source(), sink.sink(), options);
        const TransferResult moved = co_await moving;
        EXPECT_TRUE(moved.has_value());
        EXPECT_TRUE(std::ranges::is_sorted(told, std::less_equal<uint64_t>()));
        EXPECT_EQ(told.empty() ? 0 : told.back(), bytes.size());
        EXPECT_EQ(sink.arrived(bytes.size()), Arrival{.bytes = bytes.size()});
      }
    }
  }(directory_));
}

TEST_F(CallTest, ExceptionOfProgressComesOutOfTheTransfer) {
  const UniqueFd file = file_of(varied_bytes(kManyBytes));
  const PipeEnds writing = pipe_to_write();
  const auto stop = [](uint64_t) { throw std::runtime_error("enough"); };
  TransferOptions options;
  options.progress = stop;
  std::string text;
  EXPECT_THROW(call_now(Source::memory("text"), Sink::string(text, 9), options),
               std::runtime_error);
  EXPECT_THROW(call_now(Source::file(file.get()), Sink::pipe(writing.ours.get()), options),
               std::runtime_error);
  EXPECT_THROW(call_now(Source::file(file.get()), Sink::file(file.get(), kManyBytes), options),
               std::runtime_error);
}

TEST_F(CallTest, LengthGoesAcrossAList) {
  const UniqueFd file = file_of("file");
  std::string text;
  const Source list = Source::list({Source::memory("one "), Source::file(file.get()),
                                    Source::list({Source::owned(" two"), Source::memory("")}),
                                    Source::memory(" three")});
  EXPECT_EQ(call_now(list, Sink::string(text, 99)), 18U);
  EXPECT_EQ(text, "one file two three");
  text.clear();
  TransferOptions options;
  options.length = 10;
  EXPECT_EQ(call_now(list, Sink::string(text, 99), options), 10U);
  EXPECT_EQ(text, "one file t");
  options.length = 19;
  expect_error(call_now(list, Sink::string(text, 99), options), ErrorCode::kChanged,
               TransferEnd::kSource, 18);
}

TEST_F(CallTest, LengthLeavesTheRestInTheStream) {
  PipeEnds reading = pipe_to_read();
  PipeEnds writing = pipe_to_write();
  ASSERT_TRUE(feed(reading.peer.get(), "one two"));
  TransferOptions options;
  options.length = 3;
  EXPECT_EQ(call_now(Source::pipe(reading.ours.get()), Sink::pipe(writing.ours.get()), options),
            3U);
  std::string rest;
  reading.peer.reset();
  EXPECT_EQ(call_now(Source::pipe(reading.ours.get()), Sink::string(rest, 99)), 4U);
  EXPECT_EQ(rest, " two");
}

// splice(2) does not step over what is urgent, nor does it say so.
TEST_F(CallTest, UrgentDataDoesNotHoldATransferUp) {
  for (const bool ended : {true, false}) {
    for (const bool to_pipe : {true, false}) {
      Connection ends = connect_ends(Family::kTcp);
      const UniqueFd file = file_of("");
      const PipeEnds writing = pipe_to_write();
      ASSERT_TRUE(feed(ends.client.get(), "one"));
      ASSERT_EQ(send(ends.client.get(), "!", 1, MSG_OOB), 1);
      ASSERT_TRUE(feed(ends.client.get(), "two"));
      if (ended) ends.client.reset();
      TransferOptions options;
      if (!ended) options.length = 6;
      TransferStats stats;
      const Sink sink = to_pipe ? Sink::pipe(writing.ours.get()) : Sink::file(file.get());
      EXPECT_EQ(call_now(Source::socket(ends.server.get()), sink, options, &stats), 6U);
      EXPECT_EQ(fallbacks(stats, Fallback::kNotSpliceable), 1U);
    }
  }
}

TEST_F(CallTest, UrgentDataDoesNotHoldAFanOutUp) {
  for (const bool ended : {true, false}) {
    Connection ends = connect_ends(Family::kTcp);
    const UniqueFd file = file_of("");
    ASSERT_TRUE(feed(ends.client.get(), "one"));
    ASSERT_EQ(send(ends.client.get(), "!", 1, MSG_OOB), 1);
    ASSERT_TRUE(feed(ends.client.get(), "two"));
    if (ended) ends.client.reset();
    TransferOptions options;
    options.deadline_ms = 60'000;
    if (!ended) options.length = 6;
    const FanOutResult result =
        run(fan_out(Source::socket(ends.server.get()), Sink::file(file.get()), {}, options));
    EXPECT_EQ(result.file, 6U);
  }
}

TEST_F(CallTest, EndsOfAFanOutThatBlockAreRefused) {
  const UniqueFd file = file_of("");
  const UniqueFd appending = file_of("", O_RDWR | O_APPEND);
  const PipeEnds blocking = pipe_to_read();  // the peer's end blocks
  const Connection ends = connect_ends(Family::kTcp);
  const auto told = [](const TransferResult& result) { return result.error().error.code; };
  constexpr ErrorCode kCode = ErrorCode::kUnsupported;
  TransferOptions from_one;
  from_one.offset = 1;
  EXPECT_EQ(
      told(run(fan_out(Source::socket(ends.server.get()), Sink::file(file.get()), {}, from_one))
               .file),
      kCode);
  const PipeEnds writing = pipe_to_write();
  EXPECT_EQ(told(run(fan_out(Source::pipe(writing.peer.get()), Sink::file(file.get()), {})).file),
            kCode);
  EXPECT_EQ(
      told(run(fan_out(Source::socket(ends.server.get()), Sink::file(appending.get()), {})).file),
      kCode);
  const FanOutResult result = run(
      fan_out(Source::memory("text"), Sink::file(file.get()), {Sink::pipe(blocking.peer.get())}));
  EXPECT_EQ(result.file, 4U);
  EXPECT_EQ(told(result.followers[0]), kCode);
}

TEST_F(CallTest, ErrorsReadLikeSentences) {
  const TransferError full{error_from_errno(ENOSPC, "splice"), TransferEnd::kSink, 4096};
  EXPECT_EQ(to_string(full), "splice: No space left on device (sink, at byte 4096)");
  const TransferError late{{ErrorCode::kTimedOut, 0, "transfer"}, TransferEnd::kNeither, 7};
  EXPECT_EQ(to_string(late), "transfer: the deadline has passed (at byte 7)");
  const TransferError over{{ErrorCode::kExhausted, 0, "transfer"}, TransferEnd::kSink, 4};
  EXPECT_EQ(to_string(over), "transfer: the sink takes no more (sink, at byte 4)");
}

}  // namespace
}  // namespace sluice
