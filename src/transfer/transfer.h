// Moves a response to a socket: the head, then the body by the route that suits it.
#pragma once

#include <cstdint>
#include <string_view>

#include <sluice/error.h>

#include "runtime/task.h"
#include "transfer/body_source.h"
#include "transfer/readiness.h"
#include "transfer/transfer_context.h"

namespace sluice {

struct SendOptions {
  Route route = Route::kAuto;
  // What has been sent of a file is dropped from the page cache.
  bool one_time = false;
};

// Sends `head` and then exactly the bytes that `body` names, or fails: kPeerGone and kTimedOut are
// the peer's doing, kChanged and the rest are ours. After a failure nothing more may be sent on
// this connection, since the peer has received part of a response.
Task<Result<void>> send_response(TransferContext& context, Readiness& sink, std::string_view head,
                                 BodySource body, SendOptions options) noexcept;

}  // namespace sluice
