// Transfers between ends drawn from a seed, while the system calls fall short or are interrupted,
// ends are not ready, the disk is full, files shrink, and transfers are cancelled.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <liburing.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/frame_pool.h"
#include "runtime/mailbox.h"
#include "runtime/sleep.h"
#include "support/altered_ring.h"
#include "support/descriptors.h"
#include "support/random.h"
#include "transfer/ends.h"
#include "transfer/route_fixture.h"

namespace sluice {
namespace {

using testing_support::Random;

struct Chances {
  double shorter = 0;
  double not_ready = 0;
  double not_cached = 0;
  double reset = 0;
  double interrupted = 0;
  double disk_full = 0;
};

// Real system calls, of which some do less than they could.
class FaultyCalls final : public DirectCalls {
 public:
  FaultyCalls(Random& random, const Chances& chances) : random_(random), chances_(chances) {}

  ssize_t send(int socket, std::span<const char> bytes, int flags) noexcept override {
    if (const int fault = draw()) return fault;
    return DirectCalls::send(socket, bytes.first(less(bytes.size())), flags);
  }
  ssize_t receive(int socket, std::span<char> buffer, int flags) noexcept override {
    if (const int fault = draw()) return fault;
    return DirectCalls::receive(socket, buffer.first(less(buffer.size())), flags);
  }
  ssize_t read(int fd, std::span<char> buffer) noexcept override {
    if (random_.chance(chances_.not_ready)) return -EAGAIN;
    return DirectCalls::read(fd, buffer.first(less(buffer.size())));
  }
  ssize_t write(int fd, std::span<const char> bytes) noexcept override {
    if (random_.chance(chances_.not_ready)) return -EAGAIN;
    return DirectCalls::write(fd, bytes.first(less(bytes.size())));
  }
  ssize_t read_cached(int file, std::span<char> buffer, uint64_t offset) noexcept override {
    if (random_.chance(chances_.not_cached)) return -EAGAIN;
    return DirectCalls::read_cached(file, buffer.first(less(buffer.size())), offset);
  }
  ssize_t splice(int from, int64_t from_offset, int to, int64_t to_offset, size_t bytes,
                 unsigned flags) noexcept override {
    if (random_.chance(chances_.not_ready) && from_offset == kNoOffset) return -EAGAIN;
    return DirectCalls::splice(from, from_offset, to, to_offset, less(bytes), flags);
  }
  ssize_t send_file(int to, int file, uint64_t offset, size_t bytes) noexcept override {
    if (const int fault = draw()) return fault;
    return DirectCalls::send_file(to, file, offset, less(bytes));
  }
  int cached(int file, uint64_t offset, uint64_t bytes) noexcept override {
    return random_.chance(chances_.not_cached) ? 0 : DirectCalls::cached(file, offset, bytes);
  }

 private:
  int draw() {
    if (random_.chance(chances_.reset)) return -ECONNRESET;
    return random_.chance(chances_.not_ready) ? -EAGAIN : 0;
  }
  size_t less(size_t bytes) {
    return bytes > 1 && random_.chance(chances_.shorter) ? random_.between(1, bytes) : bytes;
  }

  Random& random_;
  const Chances& chances_;
};

bool is_regular(int fd) {
  struct stat state;
  return fstat(fd, &state) == 0 && S_ISREG(state.st_mode);
}

// Reads, writes and splices on the ring may fall short or fail, too.
class FaultyRing final : public testing_support::AlteredRing {
 public:
  void plan(uint64_t seed, const Chances& chances) {
    random_ = Random(seed);
    chances_ = chances;
  }

  DirectCalls& direct() noexcept override { return direct_; }

 private:
  void alter(io_uring_sqe& entry) noexcept override {
    const bool plain = (entry.flags & IOSQE_IO_LINK) == 0;
    const bool reads = entry.opcode == IORING_OP_READ;
    const bool writes = entry.opcode == IORING_OP_WRITE || entry.opcode == IORING_OP_SPLICE;
    if (!plain || !(reads || writes)) return;
    if (random_.chance(chances_.interrupted)) return have_it_answer(entry, -EINTR);
    if (writes && is_regular(entry.fd) && random_.chance(chances_.disk_full)) {
      return have_it_answer(entry, -ENOSPC);
    }
    if (entry.len < 2 || !random_.chance(chances_.shorter)) return;
    entry.len = static_cast<uint32_t>(random_.between(1, entry.len));
  }

  Random random_{0};
  Chances chances_;
  FaultyCalls direct_{random_, chances_};
};

class EndsSeeds : public testing::Test {
 protected:
  // What happens to a transfer that a seed has drawn.
  struct Plan {
    explicit Plan(uint64_t seed) : random(seed) {
      const auto draw = [this](double often, double chance) {
        return random.chance(often) ? chance : 0;
      };
      chances = {.shorter = draw(0.7, 0.5),
                 .not_ready = draw(0.6, 0.3),
                 .not_cached = draw(0.5, 0.5),
                 .reset = draw(0.1, 0.05)};
      if (testing_support::kernel_injects_results()) {
        chances.interrupted = draw(0.3, 0.2);
        chances.disk_full = draw(0.3, 0.2);
      }
      source = static_cast<SourceKind>(random.below(kSourceKinds));
      sink = static_cast<SinkKind>(random.below(kSinkKinds));
      options.route = static_cast<Route>(random.below(kRouteCount));
      options.one_time = random.chance(0.2);
      options.length = random.between(0, random.chance(0.8) ? 100'000 : 900'000);
      ended_after_ms = random.chance(0.2) ? random.below(4) : kNoDeadline;
      if (random.chance(0.1)) options.deadline_ms = random.below(30);
      shrinks = source == SourceKind::kFile && is_stream(sink) && random.chance(0.2);
      options.cancellation = &cancellation;
    }

    Random random;
    Chances chances;
    SourceKind source;
    SinkKind sink;
    Cancellation cancellation;
    TransferOptions options;
    uint64_t ended_after_ms;
    bool shrinks;
    std::optional<TransferResult> result;
  };

  static Detached start(Task<TransferResult>& moving, Plan& plan) { plan.result = co_await moving; }

  Detached run_seed(Plan& plan, bool& over) {
    const std::string_view bytes = std::string_view(text_).substr(0, plan.options.length);
    {
      TestSource source(directory_, plan.source, bytes, 0);
      TestSink sink(directory_, plan.sink, bytes);
      Task<TransferResult> moving = transfer(source.source(), sink.sink(), plan.options);
      start(moving, plan);
      if (plan.shrinks && !plan.result) {
        EXPECT_EQ(
            truncate(directory_.path_of("source").c_str(), static_cast<off_t>(bytes.size() / 2)),
            0);
      }
      for (uint64_t ms = 0; !plan.result; ++ms) {
        if (ms == plan.ended_after_ms) plan.cancellation.cancel();
        Sleep pause(reactor_, 1);
        co_await pause;
      }
      const uint64_t moved = *plan.result ? **plan.result : plan.result->error().moved;
      judge(plan, bytes, sink.arrived(moved), moved);
    }
    over = true;
    // The turn that resumed this would now wait for something that may never come.
    io_uring_prep_nop(&ring_.prepare_unattended());
  }

  static void judge(const Plan& plan, std::string_view bytes, const Arrival& arrived,
                    uint64_t moved) {
    const bool whole = plan.result->has_value();
    if (whole) {
      EXPECT_EQ(moved, bytes.size());
    }
    if (!whole) {
      const ErrorCode code = plan.result->error().error.code;
      const bool expected = code == ErrorCode::kCancelled || code == ErrorCode::kTimedOut ||
                            (code == ErrorCode::kPeerGone && plan.chances.reset > 0) ||
                            (code == ErrorCode::kChanged && plan.shrinks) ||
                            (code == ErrorCode::kNoSpace && plan.chances.disk_full > 0);
      EXPECT_TRUE(expected) << to_string(plan.result->error());
    }
    if (plan.shrinks) return;
    EXPECT_EQ(arrived.first_wrong, std::nullopt);
    // Zero-copy sends that are cut off are reset, and what a response has been given is its own.
    const bool exact =
        whole || (plan.options.route != Route::kZeroCopySend && plan.sink != SinkKind::kResponse);
    if (exact) {
      EXPECT_EQ(arrived.bytes, moved);
    }
    EXPECT_LE(arrived.bytes, bytes.size());
  }

  testing_support::TemporaryDirectory directory_;
  const std::string text_ = varied_bytes(900'000);
  FaultyRing ring_;
  Reactor reactor_{ring_};
  TransferCounters counters_;
  TransferLimits limits_{.send_progress_timeout_ms = 10'000, .stalled_pipe_ms = 10};
  RouteThresholds thresholds_;
  PipePool pipes_{reactor_, 4, 64 * 1024, counters_.pipes_in_use};
  WorkerPool workers_{0, 1};
  Mailbox mailbox_;
  TransferContext context_{reactor_, pipes_, {workers_, mailbox_}, limits_, thresholds_, counters_};
};

TEST_F(EndsSeeds, BytesAreRightOrTheTransferFails) {
  constexpr uint64_t kSeeds = 300;
  const TransferContext::Scope scope(context_);
  for (uint64_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::set<int> before = testing_support::open_descriptors();
    const auto pipes_before = static_cast<size_t>(
        std::ranges::count_if(before, [](int fd) { return testing_support::is_pipe(fd); }));
    const uint64_t frames = FramePool::of_this_thread().live_count();
    Plan plan(seed);
    ring_.plan(seed, plan.chances);
    bool over = false;
    run_seed(plan, over);
    while (!over) reactor_.turn();
    ring_.plan(0, {});
    EXPECT_EQ(pipes_.in_use(), 0U);
    EXPECT_EQ(FramePool::of_this_thread().live_count(), frames);
    // The pool may have made itself a pipe.
    const std::set<int> after = testing_support::open_descriptors();
    const auto pipes_after = static_cast<size_t>(
        std::ranges::count_if(after, [](int fd) { return testing_support::is_pipe(fd); }));
    EXPECT_EQ(after.size() - pipes_after, before.size() - pipes_before);
    EXPECT_LE(pipes_after, 8U);
  }
}

}  // namespace
}  // namespace sluice
