// For tests of one route by itself: a file, a connection, and a peer that reads.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sluice/unique_fd.h>

#include "io/file_mapping.h"
#include "io/socket.h"
#include "runtime/kernel_loop.h"
#include "runtime/mailbox.h"
#include "runtime/worker_pool.h"
#include "support/connections.h"
#include "support/temporary_directory.h"
#include "transfer/outgoing_file.h"
#include "transfer/socket_readiness.h"

namespace sluice {

using testing_support::connect_ends;
using testing_support::Connection;
using testing_support::Family;

// Text that tells each of its bytes from its neighbours, also at a distance of a page.
std::string varied_bytes(size_t count);

// How much of a file is in the page cache. Throws std::system_error.
uint64_t cached_bytes(int file, uint64_t offset, uint64_t bytes);

// Takes a file out of the page cache; false where it lives there (tmpfs). Throws if it stays, as
// what is mapped does.
bool evict(int file);

class RouteTest : public testing::Test {
 protected:
  using Send = Task<Result<RouteEnd>> (*)(OutgoingFile& file) noexcept;

  UniqueFd make_file(std::string_view content);
  UniqueFd open_file() const;

  void connect(Family family);
  void connect(Connection ends);

  // Reads at the other end from now on, until the end of the stream.
  void start_reading();

  // Runs `send` to its end.
  Result<RouteEnd> run(Send send, OutgoingFile& file);
  OutgoingFile outgoing(std::string_view head, FileRange range) {
    return {.context = context_, .sink = *sink_, .head = head, .left = range};
  }

  // Ends the stream; what has arrived.
  std::string received();

  uint64_t fallbacks(Fallback reason) const {
    return counters_.fallbacks[static_cast<size_t>(reason)].value();
  }
  uint64_t bytes_by(Route route) { return counters_.of(route).bytes.value(); }

  testing_support::TemporaryDirectory directory_;
  KernelLoop loop_;
  TransferCounters counters_;
  TransferLimits limits_{.send_progress_timeout_ms = 10'000, .stalled_pipe_ms = 1'000};
  RouteThresholds thresholds_;
  PipePool pipes_{loop_.reactor(), 4, 64 * 1024, counters_.pipes_in_use};
  WorkerPool workers_{0, 1};
  Mailbox mailbox_;
  TransferContext context_{loop_.reactor(), pipes_,      {workers_, mailbox_},
                           limits_,         thresholds_, counters_};
  std::future<std::string> reader_;  // outlives the socket that it reads to the end of
  std::unique_ptr<Socket> socket_;
  std::unique_ptr<SocketReadiness> sink_;
  UniqueFd client_;
};

}  // namespace sluice
