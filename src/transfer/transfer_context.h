// What transfers need of the thread that they run on.
#pragma once

#include <cstdint>

#include <sluice/route.h>
#include <sluice/transfer.h>

#include "io/pipe_pool.h"
#include "runtime/offload.h"
#include "runtime/reactor.h"
#include "transfer/transfer_counters.h"

namespace sluice {

struct TransferLimits {
  // The peer must take some bytes within this time, again and again.
  uint64_t send_progress_timeout_ms;
  // How long a peer that takes nothing may keep a pipe.
  uint64_t stalled_pipe_ms;
};

// One a shard, or a run(); outlives every transfer on it.
struct TransferContext {
  Reactor& reactor;
  PipePool& pipes;
  Workers workers;
  const TransferLimits& limits;
  const RouteThresholds& thresholds;
  TransferCounters& counters;
  // Cancelled when everything here must end; null where nobody says so.
  Cancellation* ending = nullptr;
  // Of files, to sockets, so far: a measure of what has passed through the processor's caches.
  uint64_t sent_bytes = 0;

  // That of the calling thread; null where there is none.
  static TransferContext* current() noexcept;

  // Makes `context` the calling thread's while it lives.
  class Scope {
   public:
    explicit Scope(TransferContext& context) noexcept;
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
  };
};

}  // namespace sluice
