// Moves a response to a socket: the head, then the body by the route that suits it.
#pragma once

#include <cstdint>
#include <string_view>

#include <sluice/error.h>

#include "io/pipe_pool.h"
#include "io/socket.h"
#include "runtime/task.h"
#include "transfer/body_source.h"

namespace sluice {

struct TransferLimits {
  // The peer must take some bytes within this time, again and again.
  uint64_t send_progress_timeout_ms;
  // How long a peer that takes nothing may keep a pipe.
  uint64_t stalled_pipe_ms;
};

// What a route needs; all of it outlives the transfer.
struct TransferContext {
  Socket& socket;
  PipePool& pipes;
  const TransferLimits& limits;
};

// Sends `head` and then exactly the bytes that `body` names, or fails: kPeerGone and kTimedOut are
// the peer's doing, kChanged and the rest are ours. After a failure nothing more may be sent on
// this connection, since the peer has received part of a response.
Task<Result<void>> send_response(TransferContext context, std::string_view head,
                                 BodySource body) noexcept;

}  // namespace sluice
