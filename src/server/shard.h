// A thread and everything that it works with. Nothing here is shared with another shard but what is
// const.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/options.h>
#include <sluice/unique_fd.h>

#include "base/slab_pool.h"
#include "files/content_hash.h"
#include "files/document_root.h"
#include "files/open_file_table.h"
#include "files/removed_files.h"
#include "files/variant_store.h"
#include "io/pipe_pool.h"
#include "ring/kernel_ring.h"
#include "runtime/mailbox.h"
#include "runtime/reactor.h"
#include "runtime/worker_pool.h"
#include "server/connection.h"
#include "server/counters.h"
#include "server/listener.h"
#include "server/router.h"
#include "server/site_handler.h"
#include "server/static_handler.h"

namespace sluice {

// What the shards of a server have in common; outlives them.
struct ShardSettings {
  const Router& router;
  WorkerPool& workers;
  ContentHashes& hashes;
  VariantStore* variants;    // null: none are made
  const DocumentRoot* made;  // where variants are put, null exactly when `variants` is
  const RouteThresholds& thresholds;
  const Limits& limits;  // with the counts already cut down to what this process may hold
  const std::function<void(std::string_view)>& log;
};

class Shard {
 public:
  // Made on the thread that will run it. `listening` are sockets of its own. Throws StartError or
  // std::system_error.
  Shard(const ShardSettings& settings, std::vector<UniqueFd> listening);

  // Makes the calling thread the shard's. REQUIRES: called once, before run().
  Result<void> enable() noexcept { return ring_.enable(); }

  // Serves until an order ends it. REQUIRES: on the thread of enable().
  void run() noexcept;

  // Thread-safe.
  void post(Mailbox::Order order) noexcept { mailbox_.post(order); }
  const Counters& counters() const noexcept { return counters_; }

 private:
  Detached follow_orders();
  Detached watch_work();
  void drain() noexcept;

  Mailbox mailbox_;
  KernelRing ring_;
  Reactor reactor_;
  Counters counters_;
  OperatorLog accept_log_;
  OperatorLog aborted_log_;
  SlabPool blocks_;
  PipePool pipes_;
  OpenFileTable files_;
  RemovedFiles removed_files_;
  StaticHandler static_handler_;
  SiteHandler handler_;
  const TransferLimits transfer_limits_;
  Cancellation ending_;
  TransferContext transfer_;
  ConnectionContext context_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  bool over_ = false;  // true exactly when draining is over
};

}  // namespace sluice
