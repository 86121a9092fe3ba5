// Files of which a part cannot be read: what lies before it arrives, by every route that brings
// large pieces into the page cache.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <liburing.h>
#include <unistd.h>

#include <cerrno>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "support/altered_ring.h"
#include "transfer/mapped_route.h"
#include "transfer/route_fixture.h"
#include "transfer/sendfile_route.h"
#include "transfer/zero_copy_route.h"

namespace sluice {
namespace {

constexpr uint64_t kFileBytes = 1024 * 1024;
constexpr uint64_t kReadableBytes = 600 * 1024;

// Nothing behind kReadableBytes is ever in the page cache.
class CallsOnBadDisk final : public DirectCalls {
 public:
  int cached(int /*file*/, uint64_t offset, uint64_t bytes) noexcept override {
    return offset + bytes <= kReadableBytes ? 1 : 0;
  }
};

// Of a file on a disk of which all before kReadableBytes can be read. A read fails whole.
class RingOnBadDisk final : public testing_support::AlteredRing {
 public:
  DirectCalls& direct() noexcept override { return direct_; }

 private:
  void alter(io_uring_sqe& entry) noexcept override {
    const bool fails_to_read =
        entry.opcode == IORING_OP_READ && entry.off + entry.len > kReadableBytes;
    if (fails_to_read) have_it_answer(entry, -EIO);
    if (entry.opcode == IORING_OP_MADVISE) have_it_answer(entry, -EFAULT);
  }

  CallsOnBadDisk direct_;
};

class UnreadablePart : public testing::Test {
 protected:
  void SetUp() override {
    if (!testing_support::kernel_injects_results()) GTEST_SKIP() << "needs Linux 6.10";
  }

  using Send = Task<Result<RouteEnd>> (*)(OutgoingFile& file) noexcept;

  Result<RouteEnd> run(Send send, OutgoingFile& file) {
    std::optional<Result<RouteEnd>> result;
    Task<Result<RouteEnd>> sending = send(file);
    drive(sending, result);
    while (!result) reactor_.turn();
    return *result;
  }

  RingOnBadDisk ring_;
  Reactor reactor_{ring_};
  TransferCounters counters_;
  TransferLimits limits_{.send_progress_timeout_ms = 10'000, .stalled_pipe_ms = 10};
  RouteThresholds thresholds_;
  PipePool pipes_{reactor_, 4, 64 * 1024, counters_.pipes_in_use};
  WorkerPool workers_{0, 1};
  Mailbox mailbox_;
  TransferContext context_{reactor_, pipes_, {workers_, mailbox_}, limits_, thresholds_, counters_};
  testing_support::TemporaryDirectory directory_;

 private:
  Detached drive(Task<Result<RouteEnd>>& sending, std::optional<Result<RouteEnd>>& result) {
    result = co_await sending;
    // The turn that resumed this would now wait for something that may never come.
    io_uring_prep_nop(&ring_.prepare_unattended());
  }
};

TEST_F(UnreadablePart, FailsAtTheByteWhereItIs) {
  const std::string content = varied_bytes(kFileBytes);
  directory_.write("file", content);
  const UniqueFd fd(open(directory_.path_of("file").c_str(), O_RDONLY | O_CLOEXEC));
  const struct {
    Route route;
    Send send;
  } cases[] = {{Route::kSendfile, send_by_sendfile},
               {Route::kMapped, send_by_mapping},
               {Route::kZeroCopySend, send_by_zero_copy}};
  for (const auto& [route, send] : cases) {
    SCOPED_TRACE(std::string(name_of(route)));
    Connection ends = connect_ends(Family::kTcp);
    std::future<std::string> reader = std::async(
        std::launch::async, [&ends] { return testing_support::drain(ends.client.get()); });
    {
      Socket socket(reactor_, std::move(ends.server));
      SocketReadiness sink(socket, limits_.send_progress_timeout_ms);
      OutgoingFile file{
          .context = context_, .sink = sink, .head = {}, .left = {fd.get(), 0, kFileBytes}};
      const Result<RouteEnd> sent = run(send, file);
      ASSERT_FALSE(sent);
      EXPECT_EQ(sent.error().system_errno, EIO);
      EXPECT_EQ(file.left.offset_bytes, kReadableBytes);
    }
    const std::string arrived = testing_support::outcome_of(reader, ring_);
    // Those whose pages the kernel still refers to are cut off.
    if (route != Route::kZeroCopySend) {
      EXPECT_TRUE(arrived == content.substr(0, kReadableBytes));
    }
  }
}

}  // namespace
}  // namespace sluice
