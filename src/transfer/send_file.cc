#include "transfer/send_file.h"

#include "transfer/copy_route.h"
#include "transfer/mapped_route.h"
#include "transfer/ring_splice_route.h"
#include "transfer/route_choice.h"
#include "transfer/sendfile_route.h"
#include "transfer/splice_route.h"
#include "transfer/zero_copy_route.h"

namespace sluice {

namespace {

Task<Result<RouteEnd>> send_by(Route route, OutgoingFile& file) noexcept {
  switch (route) {
    case Route::kSendfile:
      return send_by_sendfile(file);
    case Route::kSplice:
      return send_by_splice(file);
    case Route::kRingSplice:
      return send_by_ring_splice(file);
    case Route::kMapped:
      return send_by_mapping(file);
    case Route::kZeroCopySend:
      return send_by_zero_copy(file);
    default:
      return send_by_copy(file);
  }
}

}  // namespace

Task<Result<Route>> send_file(OutgoingFile& file, Route route) noexcept {
  while (true) {
    Task<Result<RouteEnd>> sending = send_by(route, file);
    const Result<RouteEnd> end = co_await sending;
    if (!end) co_return std::unexpected(end.error());
    if (*end == RouteEnd::kDone) break;
    route = next_route(route, *end);
  }
  // What was sent before a wait may have been cut off in the socket.
  if (file.in_parts && !file.still_whole()) co_return std::unexpected(kFileChanged);
  co_return route;
}

}  // namespace sluice
