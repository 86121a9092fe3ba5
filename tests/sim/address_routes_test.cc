// The routes that send from addresses, and the copying one, where everything falls short.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "runtime/mailbox.h"
#include "runtime/worker_pool.h"
#include "sim/ring_fixture.h"
#include "support/temporary_directory.h"
#include "transfer/copy_route.h"
#include "transfer/mapped_route.h"
#include "transfer/socket_readiness.h"
#include "transfer/zero_copy_route.h"

namespace sluice::sim {
namespace {

struct RouteCase {
  const char* name;
  Task<Result<RouteEnd>> (*send)(OutgoingFile& file) noexcept;
};

constexpr RouteCase kCases[] = {
    {"Mapped", send_by_mapping}, {"Copy", send_by_copy}, {"ZeroCopy", send_by_zero_copy}};

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nContent-Length: 700000\r\n\r\n";

class AddressRoutesTest : public RingTest, public testing::WithParamInterface<RouteCase> {
 protected:
  AddressRoutesTest() {
    for (size_t i = 0; i < 700'000; ++i) content_ += static_cast<char>(i + i / 251 + i / 4096 * 7);
    directory_.write("file", content_);
    file_ = UniqueFd(open(directory_.path_of("file").c_str(), O_RDONLY | O_CLOEXEC));
  }

  static Detached drive(Task<Result<RouteEnd>> task, std::optional<Result<RouteEnd>>& end) {
    end = co_await task;
  }

  // Sends all of it with what may go wrong; what has arrived at the end.
  std::string send(std::optional<Result<RouteEnd>>& end) {
    SocketPair pair = make_socket_pair();
    ring_.kernel().adopt(pair.server.get());
    Socket socket(reactor_, std::move(pair.server));
    SocketReadiness sink(socket, limits_.send_progress_timeout_ms);
    OutgoingFile file{.context = context_,
                      .sink = sink,
                      .head = kHead,
                      .left = {file_.get(), 0, content_.size()}};
    std::string arrived;
    drive(GetParam().send(file), end);
    EXPECT_TRUE(run_until(
        [&] {
          arrived += read_from(pair.client);
          return end.has_value();
        },
        600'000));
    return arrived + read_from(pair.client);
  }

  testing_support::TemporaryDirectory directory_;
  std::string content_;
  UniqueFd file_;
  TransferCounters counters_;
  const TransferLimits limits_{.send_progress_timeout_ms = 30'000, .stalled_pipe_ms = 1'000};
  const RouteThresholds thresholds_;
  PipePool pipes_{reactor_, 4, 64 * 1024, counters_.pipes_in_use};
  WorkerPool workers_{0, 1};
  Mailbox mailbox_;
  TransferContext context_{reactor_, pipes_, {workers_, mailbox_}, limits_, thresholds_, counters_};
};

TEST_P(AddressRoutesTest, SendEveryByteThroughShortSendsAndLateCompletions) {
  Faults& faults = ring_.faults();
  faults.reordering = true;
  faults.lazy = 0.3;
  faults.late = 0.3;
  faults.late_turns = 5;
  faults.very_late = 0.1;
  faults.very_late_ms = 500;
  faults.short_send = 0.5;
  faults.short_fill = 0.3;
  faults.full_socket = 0.3;
  faults.uncached = 0.5;
  for (int round = 0; round < 20; ++round) {
    std::optional<Result<RouteEnd>> end;
    const std::string arrived = send(end);
    ASSERT_TRUE(end);
    EXPECT_EQ(*end, RouteEnd::kDone);
    EXPECT_TRUE(arrived == std::string(kHead) + content_);
  }
}

TEST_P(AddressRoutesTest, HoldNothingAfterAReset) {
  ring_.faults().reset = 0.05;
  ring_.faults().very_late = 0.3;
  ring_.faults().very_late_ms = 500;
  ring_.faults().short_send = 0.9;
  unsigned failed = 0;
  for (int round = 0; round < 20; ++round) {
    std::optional<Result<RouteEnd>> end;
    send(end);
    ASSERT_TRUE(end);
    if (!*end) ++failed;
  }
  EXPECT_GT(failed, 0U);
}

INSTANTIATE_TEST_SUITE_P(Routes, AddressRoutesTest, testing::ValuesIn(kCases),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace sluice::sim
