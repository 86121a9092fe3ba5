// What a shard counts.
#pragma once

#include "base/counter.h"
#include "transfer/transfer_counters.h"

namespace sluice {

// Each of them is explained in include/sluice/stats.h.
struct Counters {
  Counter connections_accepted;
  Counter connections_open;
  Counter accept_failures;
  Counter connection_limit_hits;
  Counter requests;
  Counter responses_aborted;
  Counter clients_timed_out;
  Counter requests_refused;
  Counter uploads_completed;
  Counter uploads_failed;
  TransferCounters transfer;
};

}  // namespace sluice
