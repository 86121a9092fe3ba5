// Connections of a test's own, and what goes through them.
#pragma once

#include <chrono>
#include <cstdint>
#include <future>
#include <string>
#include <string_view>

#include <sluice/unique_fd.h>

#include "ring/ring.h"

namespace sluice::testing_support {

enum class Family : uint8_t { kTcp, kUnix };

// The ends of a connection; that of the server does not block. Throws std::system_error.
struct Connection {
  UniqueFd server;
  UniqueFd client;
};
Connection connect_ends(Family family);

// Writes `bytes` to a socket or a pipe until all are written or nobody reads them; true where all
// were. Blocks SIGPIPE on this thread.
bool feed(int fd, std::string_view bytes);

// Reads until the end, or an error.
std::string drain(int fd);

// What comes of `peer`, on a thread of its own, once the test has closed its end; on the thread of
// `ring`. An operation that went to a worker may complete before the worker lets go of it, and then
// holds its descriptors until the ring is entered again: only after that does the peer see the end.
template <class Outcome>
Outcome outcome_of(std::future<Outcome>& peer, Ring& ring) {
  while (peer.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
    ring.submit_and_wait(0);
  }
  return peer.get();
}

}  // namespace sluice::testing_support
