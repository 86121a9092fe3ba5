// What a server has done so far.
#pragma once

#include <array>
#include <cstdint>

#include <sluice/route.h>

namespace sluice {

// What went by one route.
struct RouteStats {
  uint64_t transfers = 0;  // bodies of responses, uploads, calls of transfer()
  uint64_t bytes = 0;
};

// How bytes travelled. A body that changes its route on the way counts as a transfer of the one it
// began with, its bytes count where they went.
struct TransferStats {
  std::array<RouteStats, kRouteCount> routes = {};      // by Route; kAuto stays 0
  std::array<uint64_t, kFallbackCount> fallbacks = {};  // by Fallback
  uint64_t copied_body_bytes = 0;  // that passed through a buffer of this process
  uint64_t zero_copy_copied = 0;   // sends of kZeroCopySend that the kernel copied after all
  uint64_t pipes_in_use = 0;       // now
};

// Sums over all shards since the start. Read while the server runs, they are each right, but not
// all of the same instant.
struct Stats {
  uint64_t connections_accepted = 0;
  uint64_t connections_open = 0;
  uint64_t accept_failures = 0;        // the system refused a connection (EMFILE, ENOMEM, …)
  uint64_t connection_limit_hits = 0;  // accepting paused at Limits::connection_count
  uint64_t requests = 0;
  uint64_t responses_aborted = 0;  // cut off because a file changed, shrank or could not be read
  uint64_t clients_timed_out = 0;  // a deadline of Limits passed
  uint64_t requests_refused = 0;   // answered with 503: descriptors, workers or room were short
  uint64_t uploads_completed = 0;  // files that have got their name
  uint64_t uploads_failed = 0;     // that began and have left nothing
  TransferStats transfer;
};

}  // namespace sluice
