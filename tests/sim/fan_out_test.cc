// One source into a file and to followers of every temper, under faults drawn from seeds.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <sluice/transfer.h>

#include "runtime/frame_pool.h"
#include "runtime/mailbox.h"
#include "sim/fake_ring.h"
#include "sim/ring_fixture.h"
#include "sim/run_seeds.h"
#include "sim/run_until.h"
#include "sim/sim_server.h"
#include "support/descriptors.h"
#include "support/temporary_directory.h"
#include "transfer/transfer_context.h"

namespace sluice::sim {
namespace {

using testing_support::open_descriptors;

std::string random_bytes(Random& random, size_t count) {
  std::string bytes;
  bytes.reserve(count + sizeof(uint64_t));
  while (bytes.size() < count) {
    const uint64_t number = random.next();
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  bytes.resize(count);
  return bytes;
}

// The end that a transfer uses, and the peer's. Neither blocks.
struct Channel {
  UniqueFd ours;
  UniqueFd peer;
};

Channel socket_channel() {
  SocketPair pair = make_socket_pair();
  return {std::move(pair.server), std::move(pair.client)};
}

Channel pipe_channel(bool we_read) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
  Channel channel{UniqueFd(ends[0]), UniqueFd(ends[1])};
  if (!we_read) std::swap(channel.ours, channel.peer);
  return channel;
}

struct Reader {
  Channel channel;
  bool is_pipe;
  double pace;         // how often it reads
  size_t piece_bytes;  // at most, at a time
  size_t leaves_at;    // after so many bytes; SIZE_MAX: it stays
  // NOLINTNEXTLINE(readability-redundant-member-init): or GCC warns where it is left out
  std::string received = {};

  bool stuck() const { return pace == 0; }
  bool left() const { return received.size() >= leaves_at; }
};

// Peers that write and read at a pace of their own.
class Peers final : public World {
 public:
  Peers(Random random, const std::string& content) : random_(random), content_(content) {}

  bool act(uint64_t now_ms) override {
    now_ms_ = now_ms;
    bool acted = write_some();
    for (Reader& reader : readers) acted = read_some(reader) || acted;
    return acted;
  }
  uint64_t next_ms() const override { return idle_ ? Ring::kNever : now_ms_ + 1; }

  // Nothing more will be sent to those who are still there: takes what waits for them.
  void finish() {
    for (Reader& reader : readers) {
      reader.channel.ours.reset();
      char buffer[65'536];
      ssize_t got;
      while ((got = read(reader.channel.peer.get(), buffer, sizeof buffer)) > 0) {
        reader.received.append(buffer, static_cast<size_t>(got));
      }
    }
    idle_ = true;
  }

  UniqueFd source;  // where content is written
  double pace = 1;
  size_t piece_bytes = 1;
  std::deque<Reader> readers;

 private:
  bool write_some() {
    if (!source || !random_.chance(pace)) return false;
    const size_t most = std::min(content_.size() - written_, random_.between(1, piece_bytes));
    const ssize_t count = write(source.get(), content_.data() + written_, most);
    if (count > 0) written_ += static_cast<size_t>(count);
    const bool over = written_ == content_.size() || (count < 0 && errno != EAGAIN);
    if (over) source.reset();
    return over || count > 0;
  }

  bool read_some(Reader& reader) {
    if (!reader.channel.peer || !random_.chance(reader.pace)) return false;
    std::string buffer(random_.between(1, reader.piece_bytes), '\0');
    const ssize_t got = read(reader.channel.peer.get(), buffer.data(), buffer.size());
    if (got > 0) reader.received.append(buffer, 0, static_cast<size_t>(got));
    if (reader.left()) reader.channel.peer.reset();
    return got > 0;
  }

  Random random_;
  const std::string& content_;
  size_t written_ = 0;
  uint64_t now_ms_ = 0;
  bool idle_ = false;
};

// A seed's fan-out, from its beginning to its judgement.
class FanOutRun {
 public:
  FanOutRun(uint64_t seed, const testing_support::TemporaryDirectory& directory)
      : random_(seed),
        content_(random_bytes(random_, random_.between(0, random_.pick({5'000U, 600'000U})))),
        ring_(draw_ring(seed)),
        pipe_count_(static_cast<uint32_t>(random_.pick({1U, 2U, 12U}))),
        pipes_(reactor_, pipe_count_, random_.pick({65'536U, 262'144U}), counters_.pipes_in_use),
        peers_(random_.fork(), content_),
        file_(open(directory.path().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) {
    draw_ends();
    draw_options();
    ring_.surround_with(&peers_);
  }
  ~FanOutRun() { ring_.surround_with(nullptr); }
  FanOutRun(const FanOutRun&) = delete;
  FanOutRun& operator=(const FanOutRun&) = delete;

  void run() {
    const uint64_t frames = FramePool::of_this_thread().live_count();
    move();
    if (!result_) return;
    peers_.finish();
    ASSERT_TRUE(run_until([this] { return ring_.pending_count() == 0; }, 1'000));
    EXPECT_EQ(ring_.problem(), "");
    EXPECT_EQ(pipes_.in_use(), 0U);
    EXPECT_EQ(FramePool::of_this_thread().live_count(), frames);
    judge();
  }

  const FaultCounts& counts() { return ring_.kernel().counts(); }
  bool all_arrived() const { return result_->file.has_value(); }

 private:
  FakeRing::Options draw_ring(uint64_t seed) {
    FakeRing::Options options{.seed = seed, .faults = Faults::drawn(random_)};
    options.faults.disk_full = random_.chance(0.1) ? 0.05 : 0;
    return options;
  }

  void draw_ends() {
    from_pipe_ = random_.chance(0.3);
    Channel source = from_pipe_ ? pipe_channel(true) : socket_channel();
    adopt(source);
    source_ = std::move(source.ours);
    peers_.source = std::move(source.peer);
    peers_.pace = random_.pick({0.05, 0.5, 1.0});
    peers_.piece_bytes = random_.pick({2'000UL, 50'000UL, 400'000UL});
    for (uint64_t i = random_.below(4); i > 0; --i) {
      const bool pipe = random_.chance(0.3);
      const size_t leaves_at = random_.chance(0.15) ? random_.between(1, 300'000) : SIZE_MAX;
      Reader& reader = peers_.readers.emplace_back(
          Reader{.channel = pipe ? pipe_channel(false) : socket_channel(),
                 .is_pipe = pipe,
                 .pace = random_.chance(0.1) ? 0 : random_.pick({0.02, 0.3, 1.0}),
                 .piece_bytes = random_.pick({3'000UL, 100'000UL}),
                 .leaves_at = leaves_at});
      adopt(reader.channel);
    }
  }

  void adopt(const Channel& channel) {
    ring_.kernel().adopt(channel.ours.get());
    if (!random_.chance(0.5)) return;
    const int few_bytes = 4'096;
    setsockopt(channel.ours.get(), SOL_SOCKET, SO_SNDBUF, &few_bytes, sizeof few_bytes);
  }

  void draw_options() {
    if (random_.chance(0.3)) options_.length = random_.between(0, content_.size());
    if (random_.chance(0.2)) options_.deadline_ms = random_.between(0, 400);
    if (random_.chance(0.2)) cancelled_after_ms_ = random_.below(300);
    for (const Reader& reader : peers_.readers) {
      if (reader.stuck()) options_.deadline_ms = std::min<uint64_t>(options_.deadline_ms, 3'000);
    }
    options_.cancellation = &cancellation_;
    offset_ = random_.pick({0UL, 1UL, 5'000UL});
    wanted_ = std::string_view(content_).substr(0, options_.length);
  }

  void move() {
    const TransferContext::Scope scope(context_);
    const int fd = source_.get();
    std::vector<Sink> sinks;
    for (const Reader& reader : peers_.readers) {
      const int sink = reader.channel.ours.get();
      sinks.push_back(reader.is_pipe ? Sink::pipe(sink) : Sink::socket(sink));
    }
    Task<FanOutResult> task = fan_out(from_pipe_ ? Source::pipe(fd) : Source::socket(fd),
                                      Sink::file(file_.get(), offset_), std::move(sinks), options_);
    finish(task);
    constexpr uint64_t kMostMs = 600'000;
    if (cancelled_after_ms_ != kNoDeadline) {
      run_until([this] { return result_.has_value(); }, cancelled_after_ms_);
      cancellation_.cancel();
    }
    ASSERT_TRUE(run_until([this] { return result_.has_value(); }, kMostMs)) << ring_.problem();
  }
  Detached finish(Task<FanOutResult>& task) { result_ = co_await task; }

  template <class Condition>
  bool run_until(Condition condition, uint64_t within_ms) {
    return sim::run_until(ring_, reactor_, within_ms, condition);
  }

  bool ended_by_us() const {
    return options_.deadline_ms != kNoDeadline || cancelled_after_ms_ != kNoDeadline;
  }

  void judge() {
    const TransferResult& file = result_->file;
    const uint64_t in_file = file ? *file : file.error().moved;
    EXPECT_LE(in_file, wanted_.size());
    std::string bytes(in_file + 1, '\0');
    const ssize_t read =
        pread(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset_));
    bytes.resize(read > 0 ? static_cast<size_t>(read) : 0);
    EXPECT_TRUE(bytes == wanted_.substr(0, in_file)) << "file, " << in_file << " bytes";
    if (file) {
      EXPECT_EQ(in_file, wanted_.size());
    } else {
      expect_reason(file.error());
    }
    for (size_t i = 0; i < peers_.readers.size(); ++i) {
      SCOPED_TRACE("follower " + std::to_string(i));
      judge(peers_.readers[i], result_->followers[i]);
    }
    const Faults& faults = ring_.faults();
    if (faults.not_spliceable == 0 && pipe_count_ > 2) {
      EXPECT_EQ(counters_.copied_body_bytes.value(), 0U);
    }
  }

  void judge(const Reader& reader, const TransferResult& result) {
    EXPECT_TRUE(wanted_.starts_with(reader.received));
    const uint64_t sent = result ? *result : result.error().moved;
    if (!reader.left()) {
      EXPECT_EQ(reader.received.size(), sent);
    }
    if (result) {
      EXPECT_EQ(sent, wanted_.size());
      return;
    }
    const TransferError& error = result.error();
    const bool gone = error.error.code == ErrorCode::kPeerGone && error.end == TransferEnd::kSink;
    if (!reader.left() || !gone) expect_reason(error);
  }

  // Nothing fails without a fault.
  void expect_reason(const TransferError& error) {
    const Faults& faults = ring_.faults();
    switch (error.error.code) {
      case ErrorCode::kTimedOut:
      case ErrorCode::kCancelled:
        EXPECT_TRUE(ended_by_us()) << to_string(error);
        EXPECT_EQ(error.end, TransferEnd::kNeither);
        return;
      case ErrorCode::kPeerGone:
        EXPECT_GT(faults.reset, 0) << to_string(error);
        return;
      case ErrorCode::kNoSpace:
        EXPECT_GT(faults.disk_full, 0) << to_string(error);
        return;
      default:
        EXPECT_TRUE(faults.read_error > 0 && error.error.system_errno == EIO) << to_string(error);
    }
  }

  Random random_;
  const std::string content_;
  FakeRing ring_;
  Reactor reactor_{ring_};
  TransferCounters counters_;
  const TransferLimits limits_{.send_progress_timeout_ms = 10'000, .stalled_pipe_ms = 50};
  const RouteThresholds thresholds_;
  const uint32_t pipe_count_;
  PipePool pipes_;
  WorkerPool workers_{0, 1};
  Mailbox mailbox_;
  TransferContext context_{reactor_, pipes_, {workers_, mailbox_}, limits_, thresholds_, counters_};
  Peers peers_;
  const UniqueFd file_;
  UniqueFd source_;
  bool from_pipe_ = false;
  uint64_t offset_ = 0;
  std::string_view wanted_;
  Cancellation cancellation_;
  TransferOptions options_;
  uint64_t cancelled_after_ms_ = kNoDeadline;
  std::optional<FanOutResult> result_;
};

TEST(FanOutSimulation, EveryByteArrivesOrItIsToldWhyNot) {
  ::signal(SIGPIPE, SIG_IGN);
  const testing_support::TemporaryDirectory directory;
  const SeedRange seeds = seeds_from_environment(600);
  const std::set<int> descriptors = open_descriptors();
  FaultCounts faults;
  uint64_t arrived = 0;
  for (uint64_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
    const SeedInProgress in_progress(seed);
    {
      FanOutRun run(seed, directory);
      run.run();
      ASSERT_FALSE(testing::Test::HasFailure()) << how_to_rerun(seed);
      faults += run.counts();
      arrived += run.all_arrived();
    }
    ASSERT_EQ(open_descriptors(), descriptors) << how_to_rerun(seed);
  }
  // Not all of them are about failures.
  if (seeds.count > 10) {
    EXPECT_GT(arrived, seeds.count / 3);
  }
  RecordProperty("faults", faults.to_string());
}

// A deadline has passed, and before its poll is taken back somebody cancels as well.
class OvertakenTest : public RingTest {
 protected:
  OvertakenTest() : RingTest({.seed = 1, .faults = {.very_late = 1, .very_late_ms = 10'000}}) {}

  static Detached finish(Task<FanOutResult>& task, std::optional<FanOutResult>& result) {
    result = co_await task;
  }

  TransferCounters counters_;
  const TransferLimits limits_{.send_progress_timeout_ms = 10'000, .stalled_pipe_ms = 50};
  const RouteThresholds thresholds_;
  PipePool pipes_{reactor_, 4, 65'536, counters_.pipes_in_use};
  WorkerPool workers_{0, 1};
  Mailbox mailbox_;
  TransferContext context_{reactor_, pipes_, {workers_, mailbox_}, limits_, thresholds_, counters_};
};

TEST_F(OvertakenTest, IsTheFaultOfNeitherEnd) {
  const testing_support::TemporaryDirectory directory;
  const UniqueFd file(open(directory.path().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  const SocketPair source = make_socket_pair();
  const TransferContext::Scope scope(context_);
  Cancellation cancellation;
  const TransferOptions options{.deadline_ms = 20, .cancellation = &cancellation};
  std::optional<FanOutResult> result;
  Task<FanOutResult> task =
      fan_out(Source::socket(source.server.get()), Sink::file(file.get()), {}, options);
  finish(task, result);
  run_for(100);
  ASSERT_FALSE(result.has_value());
  cancellation.cancel();
  ASSERT_TRUE(run_until([&result] { return result.has_value(); }, 60'000));
  EXPECT_EQ(result->file.error().end, TransferEnd::kNeither) << to_string(result->file.error());
  EXPECT_TRUE(run_until([this] { return ring_.pending_count() == 0; }, 60'000));
}

}  // namespace
}  // namespace sluice::sim
