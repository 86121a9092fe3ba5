// One source into a file and, at the same time, to followers of every temper.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <latch>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sluice/run.h>
#include <sluice/transfer.h>

#include "support/descriptors.h"
#include "support/random.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing_support::open_descriptors;
using testing_support::Random;

std::string random_bytes(size_t count) {
  Random random(count);
  std::string bytes(count, '\0');
  for (size_t at = 0; at < count; at += sizeof(uint64_t)) {
    const uint64_t number = random.next();
    bytes.replace(at, std::min(sizeof number, count - at), reinterpret_cast<const char*>(&number),
                  std::min(sizeof number, count - at));
  }
  return bytes;
}

struct Channel {
  UniqueFd in;   // where bytes are written
  UniqueFd out;  // and read
};

// Neither end blocks that a transfer uses; a program's other end may.
Channel make_socket(bool in_blocks, bool out_blocks) {
  int ends[2];
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  if (!in_blocks) fcntl(ends[0], F_SETFL, O_NONBLOCK);
  if (!out_blocks) fcntl(ends[1], F_SETFL, O_NONBLOCK);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Channel make_pipe(bool in_blocks, bool out_blocks) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  if (!in_blocks) fcntl(ends[1], F_SETFL, O_NONBLOCK);
  if (!out_blocks) fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return {UniqueFd(ends[1]), UniqueFd(ends[0])};
}

// Writes `content` in pieces and ends.
void write_all(UniqueFd fd, const std::string& content, std::function<size_t()> piece_bytes) {
  for (size_t at = 0; at < content.size();) {
    const size_t piece = std::min(piece_bytes(), content.size() - at);
    const ssize_t written = write(fd.get(), content.data() + at, piece);
    if (written <= 0) return;
    at += static_cast<size_t>(written);
  }
}

// Reads up to `limit` bytes.
std::string read_some(const UniqueFd& fd, size_t limit, size_t piece_bytes = 256 * 1024) {
  std::string bytes(limit, '\0');
  size_t count = 0;
  while (count < limit) {
    const ssize_t got = read(fd.get(), bytes.data() + count, std::min(piece_bytes, limit - count));
    if (got <= 0) break;
    count += static_cast<size_t>(got);
  }
  bytes.resize(count);
  return bytes;
}

class FanOutTest : public testing::Test {
 protected:
  FanOutTest() : descriptors_(open_descriptors()) {
    signal(SIGPIPE, SIG_IGN);
    file_ = UniqueFd(open(directory_.path_of("file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  }
  ~FanOutTest() override {
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  template <class Function>
  void meanwhile(Function function) {
    threads_.emplace_back(std::move(function));
  }
  // May outlast the caller's `content`.
  void feed(UniqueFd fd, std::string content) {
    meanwhile([fd = std::move(fd), content = std::move(content)]() mutable {
      write_all(std::move(fd), content, [] { return size_t{1} << 20U; });
    });
  }

  FanOutResult run_fan_out(Source source, std::vector<Sink> followers, TransferOptions options = {},
                           uint64_t offset = 0) {
    stats_ = {};
    Task<FanOutResult> task =
        fan_out(std::move(source), Sink::file(file_.get(), offset), std::move(followers), options);
    FanOutResult result = run(std::move(task), &stats_);
    EXPECT_EQ(stats_.pipes_in_use, 0U);
    return result;
  }

  // After all that a test has opened itself was closed.
  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  void expect_no_leak(std::deque<Channel>& mine) {
    join();
    mine.clear();
    file_.reset();
    EXPECT_EQ(open_descriptors(), descriptors_);
  }

  std::string file_content() const {
    struct stat status;
    EXPECT_EQ(fstat(file_.get(), &status), 0);
    std::string bytes(static_cast<size_t>(status.st_size), '\0');
    EXPECT_EQ(pread(file_.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    return bytes;
  }

  testing_support::TemporaryDirectory directory_;
  const std::set<int> descriptors_;
  UniqueFd file_;
  TransferStats stats_;
  std::deque<std::thread> threads_;
};

TEST_F(FanOutTest, TheFileWaitsForNobodyAndEveryoneWhoStaysGetsAll) {
  const std::string content = random_bytes(50U << 20U);
  std::deque<Channel> channels;
  Channel source = make_socket(true, false);
  for (int i = 0; i < 3; ++i) channels.push_back(make_socket(false, true));
  feed(std::move(source.in), content);

  std::string fast;
  std::string slow;
  std::latch file_complete(1);
  meanwhile([&] { fast = read_some(channels[0].out, content.size() + 1); });
  meanwhile([&] {
    slow = read_some(channels[1].out, 10'000, 100);
    file_complete.wait();  // for ever, if the file waited for this follower
    slow += read_some(channels[1].out, content.size() + 1 - slow.size(), 60'000);
  });
  meanwhile([&] {
    read_some(channels[2].out, content.size() / 2);
    channels[2].out.reset();
  });
  uint64_t told = 0;
  auto progress = [&](uint64_t bytes) {
    told = bytes;
    if (bytes == content.size()) file_complete.count_down();
  };
  TransferOptions options;
  options.progress = progress;
  options.deadline_ms = 60'000;
  const FanOutResult result =
      run_fan_out(Source::socket(source.out.get()),
                  {Sink::socket(channels[0].in.get()), Sink::socket(channels[1].in.get()),
                   Sink::socket(channels[2].in.get())},
                  options);
  if (told != content.size()) file_complete.count_down();
  for (int i = 0; i < 2; ++i) channels[i].in.reset();
  join();

  ASSERT_TRUE(result.file) << to_string(result.file.error());
  EXPECT_EQ(*result.file, content.size());
  EXPECT_TRUE(file_content() == content);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(result.followers[i]) << i << ": " << to_string(result.followers[i].error());
    EXPECT_EQ(*result.followers[i], content.size());
  }
  EXPECT_TRUE(fast == content);
  EXPECT_TRUE(slow == content);
  ASSERT_FALSE(result.followers[2]);
  EXPECT_EQ(result.followers[2].error().error.code, ErrorCode::kPeerGone);
  EXPECT_EQ(result.followers[2].error().end, TransferEnd::kSink);
  EXPECT_GE(result.followers[2].error().moved, content.size() / 2);
  EXPECT_EQ(stats_.copied_body_bytes, 0U);
  source.out.reset();
  expect_no_leak(channels);
}

// Followers that read as a seed has it, from a source that writes so.
class FanOutSeeds : public FanOutTest, public testing::WithParamInterface<uint64_t> {};

TEST_P(FanOutSeeds, EveryByteArrivesOnceAndInOrder) {
  Random random(GetParam());
  const std::string content = random_bytes(random.between(1, 3U << 20U));
  const bool from_pipe = random.chance(0.3);
  std::deque<Channel> channels;
  Channel source = from_pipe ? make_pipe(true, false) : make_socket(true, false);
  std::deque<std::string> received;
  std::vector<Sink> sinks;
  std::vector<bool> leaves;
  for (uint64_t i = random.between(0, 5); i > 0; --i) {
    const bool pipe = random.chance(0.4);
    Channel& channel =
        channels.emplace_back(pipe ? make_pipe(false, true) : make_socket(false, true));
    sinks.push_back(pipe ? Sink::pipe(channel.in.get()) : Sink::socket(channel.in.get()));
    const bool gone = random.chance(0.2);
    leaves.push_back(gone);
    received.emplace_back();
    meanwhile([&channel, &into = received.back(), &content, own = random.fork(), gone]() mutable {
      const size_t most = own.pick({4'000UL, 70'000UL, 1'000'000UL});
      const size_t until = gone ? own.below(content.size()) : content.size() + 1;
      while (into.size() < until) {
        if (own.chance(0.01)) std::this_thread::sleep_for(std::chrono::milliseconds(2));
        const std::string piece =
            read_some(channel.out, std::min(until - into.size(), own.between(1, most)));
        if (piece.empty()) break;
        into += piece;
      }
      channel.out.reset();
    });
  }
  meanwhile([fd = std::move(source.in), &content, own = random.fork()]() mutable {
    const size_t most = own.pick({3'000UL, 100'000UL, 2'000'000UL});
    write_all(std::move(fd), content, [&] { return own.between(std::max(1UL, most / 4), most); });
  });
  TransferOptions options;
  options.deadline_ms = 60'000;
  if (random.chance(0.3)) options.length = random.between(1, content.size());
  const std::string wanted = content.substr(0, options.length);
  const uint64_t offset = random.chance(0.3) ? random.between(1, 10'000) : 0;
  const FanOutResult result =
      run_fan_out(from_pipe ? Source::pipe(source.out.get()) : Source::socket(source.out.get()),
                  sinks, options, offset);
  source.out.reset();  // a source that was not wanted to its end
  for (Channel& channel : channels) channel.in.reset();
  join();

  ASSERT_TRUE(result.file) << to_string(result.file.error());
  EXPECT_TRUE(file_content() == std::string(offset, '\0') + wanted);
  EXPECT_EQ(stats_.copied_body_bytes, 0U);
  for (size_t i = 0; i < sinks.size(); ++i) {
    if (!leaves[i]) {
      ASSERT_TRUE(result.followers[i]) << i << ": " << to_string(result.followers[i].error());
      EXPECT_TRUE(received[i] == wanted) << "follower " << i;
    }
    EXPECT_TRUE(wanted.starts_with(received[i])) << "follower " << i;
  }
  expect_no_leak(channels);
}

INSTANTIATE_TEST_SUITE_P(All, FanOutSeeds, testing::Range(uint64_t{1}, uint64_t{25}));

TEST_F(FanOutTest, WhatIsInMemoryOrInAFileIsFollowedThroughTheFile) {
  const std::string content = random_bytes(3'000'000);
  directory_.write("other", content);
  const UniqueFd other(open(directory_.path_of("other").c_str(), O_RDONLY | O_CLOEXEC));
  const Result<SharedMemory> shared = SharedMemory::copy_of(content);
  ASSERT_TRUE(shared);
  const Source sources[] = {Source::memory(content), Source::owned(content),
                            Source::memory(*shared), Source::file(other.get()),
                            Source::list({Source::memory(std::string_view(content).substr(0, 7)),
                                          Source::owned(content.substr(7))})};
  for (const Source& source : sources) {
    ASSERT_EQ(ftruncate(file_.get(), 0), 0);
    Channel channel = make_socket(false, true);
    std::string received;
    meanwhile([&] { received = read_some(channel.out, content.size() + 1); });
    const FanOutResult result = run_fan_out(source, {Sink::socket(channel.in.get())});
    channel.in.reset();
    join();
    ASSERT_TRUE(result.file && result.followers[0]);
    EXPECT_TRUE(file_content() == content);
    EXPECT_TRUE(received == content);
  }
}

// Streams are spliced by this thread, unless they are to be copied.
TEST_F(FanOutTest, RoutesThatItDoesNotTakeAreFallbacks) {
  for (size_t i = 0; i < kRouteCount; ++i) {
    const auto route = static_cast<Route>(i);
    SCOPED_TRACE(std::string(name_of(route)));
    Channel source = make_pipe(true, false);
    ASSERT_EQ(write(source.in.get(), "text", 4), 4);
    source.in.reset();
    TransferOptions options;
    options.route = route;
    const FanOutResult result = run_fan_out(Source::pipe(source.out.get()), {}, options);
    ASSERT_TRUE(result.file) << to_string(result.file.error());
    const Route taken = route == Route::kCopy ? Route::kCopy : Route::kSplice;
    EXPECT_EQ(stats_.routes[static_cast<size_t>(taken)].bytes, 4U);
    EXPECT_EQ(stats_.routes[static_cast<size_t>(taken)].transfers, 1U);
    const bool takes = route == taken || route == Route::kAuto;
    EXPECT_EQ(stats_.fallbacks[static_cast<size_t>(Fallback::kUnsuitableEnds)], takes ? 0U : 1U);
  }
}

TEST_F(FanOutTest, WithoutFollowersItIsATransfer) {
  const std::string content = random_bytes(100'000);
  Channel source = make_socket(true, false);
  feed(std::move(source.in), content);
  const FanOutResult result = run_fan_out(Source::socket(source.out.get()), {});
  ASSERT_TRUE(result.file);
  EXPECT_TRUE(file_content() == content);
}

TEST_F(FanOutTest, AnEmptySourceIsSoonDone) {
  Channel source = make_socket(true, false);
  source.in.reset();
  Channel follower = make_socket(false, true);
  const FanOutResult result =
      run_fan_out(Source::socket(source.out.get()), {Sink::socket(follower.in.get())});
  EXPECT_EQ(result.file, 0U);
  EXPECT_EQ(result.followers[0], 0U);
}

TEST_F(FanOutTest, ASourceThatEndsEarlyIsToldToAll) {
  const std::string content = random_bytes(100'000);
  Channel source = make_socket(true, false);
  feed(std::move(source.in), content);
  Channel patient = make_socket(false, true);
  Channel idle = make_pipe(false, true);  // takes 64 KiB and no more
  TransferOptions options;
  options.length = content.size() + 1;
  const FanOutResult result =
      run_fan_out(Source::socket(source.out.get()),
                  {Sink::socket(patient.in.get()), Sink::pipe(idle.in.get())}, options);
  ASSERT_FALSE(result.file);
  EXPECT_EQ(result.file.error().error.code, ErrorCode::kChanged);
  EXPECT_EQ(result.file.error().moved, content.size());
  for (const TransferResult& follower : result.followers) {
    ASSERT_FALSE(follower);
    EXPECT_EQ(follower.error().error.code, ErrorCode::kChanged);
    EXPECT_EQ(follower.error().end, TransferEnd::kSource);
  }
}

TEST_F(FanOutTest, ADeadlineAndACancellationAreForAllOfIt) {
  const std::string content = random_bytes(1'000'000);
  for (const bool source_ends : {false, true}) {
    for (const bool cancels : {false, true}) {
      Channel source = make_socket(true, false);
      Channel stuck = make_pipe(false, true);
      const int in = source.in.get();
      std::thread writer([&] {
        write_all(UniqueFd(dup(in)), content, [] { return size_t{1} << 20U; });
        if (source_ends) source.in.reset();
      });
      Cancellation cancellation;
      auto progress = [&](uint64_t bytes) {
        if (cancels && bytes == content.size()) cancellation.cancel();
      };
      TransferOptions options;
      options.progress = progress;
      options.cancellation = &cancellation;
      if (!cancels) options.deadline_ms = 200;
      const FanOutResult result =
          run_fan_out(Source::socket(source.out.get()), {Sink::pipe(stuck.in.get())}, options);
      source.out.reset();  // the deadline may have been sooner than the writer
      writer.join();
      const ErrorCode expected = cancels ? ErrorCode::kCancelled : ErrorCode::kTimedOut;
      if (!source_ends) {
        ASSERT_FALSE(result.file);
        EXPECT_EQ(result.file.error().error.code, expected);
      }
      ASSERT_FALSE(result.followers[0]);
      EXPECT_EQ(result.followers[0].error().error.code, expected);
      EXPECT_EQ(result.followers[0].error().end, TransferEnd::kNeither);
    }
  }
}

TEST_F(FanOutTest, SinksThatCannotFollowAreToldSo) {
  const std::string content = random_bytes(10'000);
  Channel source = make_socket(true, false);
  feed(std::move(source.in), content);
  std::string text;
  const FanOutResult result = run_fan_out(Source::socket(source.out.get()),
                                          {Sink::string(text, 1'000'000), Sink::file(file_.get())});
  EXPECT_TRUE(result.file);
  for (const TransferResult& follower : result.followers) {
    ASSERT_FALSE(follower);
    EXPECT_EQ(follower.error().error.code, ErrorCode::kUnsupported);
  }
  const FanOutResult to_a_socket =
      run(fan_out(Source::memory(content), Sink::socket(source.out.get()), {Sink::pipe(0)}));
  EXPECT_EQ(to_a_socket.file.error().error.code, ErrorCode::kUnsupported);
  EXPECT_FALSE(to_a_socket.followers[0]);
}

TEST_F(FanOutTest, AFileThatCannotBeReadLosesWhoFallsBehind) {
  const std::string content = random_bytes(20'000'000);  // more than a pipe takes by reference
  const UniqueFd write_only(open(directory_.path_of("file").c_str(), O_WRONLY | O_CLOEXEC));
  Channel source = make_socket(true, false);
  feed(std::move(source.in), content);
  Channel behind = make_pipe(false, true);
  std::latch file_complete(1);
  meanwhile([&] {
    file_complete.wait();
    read_some(behind.out, content.size());
  });
  auto progress = [&](uint64_t bytes) {
    if (bytes == content.size()) file_complete.count_down();
  };
  TransferOptions options;
  options.progress = progress;
  const FanOutResult result =
      run(fan_out(Source::socket(source.out.get()), Sink::file(write_only.get()),
                  {Sink::pipe(behind.in.get())}, options));
  behind.in.reset();
  join();
  EXPECT_TRUE(result.file);
  EXPECT_TRUE(file_content() == content);
  ASSERT_FALSE(result.followers[0]);
  EXPECT_EQ(result.followers[0].error().end, TransferEnd::kSource);
}

TEST_F(FanOutTest, WhatTheProgressThrowsComesOut) {
  const std::string content = random_bytes(1'000'000);
  Channel source = make_socket(true, false);
  Channel follower = make_pipe(false, true);
  auto progress = [](uint64_t) { throw std::runtime_error("enough"); };
  TransferOptions options;
  options.progress = progress;
  meanwhile([&] { write_all(std::move(source.in), content, [] { return size_t{4096}; }); });
  EXPECT_THROW(
      run_fan_out(Source::socket(source.out.get()), {Sink::pipe(follower.in.get())}, options),
      std::runtime_error);
  source.out.reset();
  join();
}

TEST_F(FanOutTest, AFullDiskEndsAll) {
  const std::string path = directory_.path_of("small");
  std::filesystem::create_directory(path);
  if (mount("tmpfs", path.c_str(), "tmpfs", 0, "size=1M") != 0) GTEST_SKIP() << "may not mount";
  file_ = UniqueFd(open((path + "/file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const std::string content = random_bytes(8'000'000);
  Channel source = make_socket(true, false);
  meanwhile([&] { write_all(std::move(source.in), content, [] { return size_t{1} << 20U; }); });
  Channel good = make_socket(false, true);
  Channel stuck = make_pipe(false, true);
  std::string received;
  meanwhile([&] { received = read_some(good.out, content.size()); });
  const FanOutResult result = run_fan_out(
      Source::socket(source.out.get()), {Sink::socket(good.in.get()), Sink::pipe(stuck.in.get())});
  good.in.reset();
  source.out.reset();
  join();
  file_.reset();
  umount2(path.c_str(), MNT_DETACH);
  ASSERT_FALSE(result.file);
  EXPECT_EQ(result.file.error().error.code, ErrorCode::kNoSpace);
  EXPECT_EQ(result.file.error().end, TransferEnd::kSink);
  for (const TransferResult& follower : result.followers) {
    ASSERT_FALSE(follower);
    EXPECT_EQ(follower.error().error.code, ErrorCode::kNoSpace);
    EXPECT_EQ(follower.error().end, TransferEnd::kSource);
  }
  EXPECT_TRUE(content.starts_with(received));
}

}  // namespace
}  // namespace sluice
