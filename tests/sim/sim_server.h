// What a shard is made of (server/shard.h), on a simulated ring.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <sluice/options.h>
#include <sluice/route.h>
#include <sluice/unique_fd.h>

#include "base/slab_pool.h"
#include "files/content_hash.h"
#include "files/open_file_table.h"
#include "io/pipe_pool.h"
#include "runtime/mailbox.h"
#include "runtime/reactor.h"
#include "runtime/worker_pool.h"
#include "server/connection.h"
#include "server/counters.h"
#include "server/listener.h"
#include "server/router.h"
#include "server/site_handler.h"
#include "server/static_handler.h"
#include "sim/fake_ring.h"
#include "sim/run_until.h"

namespace sluice::sim {

// How its files are sent.
struct SimTransfer {
  Route route = Route::kAuto;
  RouteThresholds thresholds;
  uint64_t one_time_bytes = 0;
};

class SimServer {
 public:
  SimServer(const std::string& root, const Limits& limits, const FakeRing::Options& ring_options,
            const SimTransfer& transfer = {}, std::vector<HandlerRoute> handlers = {});

  FakeRing& ring() noexcept { return ring_; }
  Reactor& reactor() noexcept { return reactor_; }
  PipePool& pipes() noexcept { return pipes_; }
  ConnectionContext& context() noexcept { return context_; }
  const Counters& counters() const noexcept { return counters_; }

  // A connection as if it had been accepted; non-blocking. Not from within a turn.
  void serve(UniqueFd socket);

  // Accepts from `socket`, which listens already and is non-blocking.
  void listen(UniqueFd socket, uint32_t connection_count);
  // Clients that wait to be accepted are turned away. REQUIRES: over().
  void close_listener() noexcept { listener_.reset(); }

  void drain() noexcept;
  void abort() noexcept;

  // No connection is left, nor does a listener run.
  bool over() const noexcept { return context_.work.count() == 0 && !watching_; }

  // As their namesakes in run_until.h.
  template <class Condition>
  bool run_until(Condition condition, uint64_t within_ms) {
    return sim::run_until(ring_, reactor_, within_ms, condition);
  }
  void run_for(uint64_t ms) { sim::run_for(ring_, reactor_, ms); }

  // Lets the clock run until no timer is left, and tells what else is: descriptors, bytes in pipes,
  // receive buffers, operations, coroutines. Empty when there is nothing. REQUIRES: over().
  std::string what_is_left();

 private:
  Detached watch_work();

  const Limits limits_;
  const uint64_t frames_before_;
  FakeRing ring_;
  Reactor reactor_;
  Counters counters_;
  const std::function<void(std::string_view)> log_sink_;
  OperatorLog accept_log_;
  OperatorLog aborted_log_;
  SlabPool blocks_;
  PipePool pipes_;
  const std::vector<sluice::Site> sites_;
  const Router router_;
  // Without threads: what a worker would do happens at once.
  ContentHashes hashes_;
  WorkerPool workers_{0, 1};
  Mailbox mailbox_;
  OpenFileTable files_;
  StaticHandler static_handler_;
  SiteHandler handler_;
  const TransferLimits transfer_limits_;
  const RouteThresholds thresholds_;
  TransferContext transfer_;
  const TransferContext::Scope scope_{transfer_};  // for handlers that call transfer()
  ConnectionContext context_;
  std::unique_ptr<Listener> listener_;
  bool watching_ = false;  // true exactly while watch_work() runs
  std::set<int> descriptors_at_rest_;
};

// The ends of a connection, neither of which blocks.
struct SocketPair {
  UniqueFd server;
  UniqueFd client;
};
SocketPair make_socket_pair();

}  // namespace sluice::sim
