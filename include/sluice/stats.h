// What a server has done so far.
#pragma once

#include <cstdint>

namespace sluice {

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
  uint64_t requests_refused = 0;   // answered with 503: descriptors or workers were short
};

}  // namespace sluice
