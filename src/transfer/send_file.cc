#include "transfer/send_file.h"

#include <algorithm>
#include <utility>

#include "io/file_memory.h"
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

// The routes ask about the rest as they go on.
constexpr uint64_t kAskedBytes = 1024 * 1024;

// What has been sent of others since the same file was last begun with.
uint64_t sent_since(const OutgoingFile& file) noexcept {
  FileMemory* const memory = file.left.memory;
  if (memory == nullptr) return UINT64_MAX;
  const uint64_t now = file.context.sent_bytes;
  return now - std::exchange(memory->begun_at_bytes, now);
}

}  // namespace

Route choose_route(OutgoingFile& file, Route asked) noexcept {
  const uint64_t bytes = file.left.length_bytes;
  const RouteThresholds& thresholds = file.context.thresholds;
  const Route route = first_route(asked, bytes, sent_since(file), thresholds);
  if (route == asked || route == Route::kSplice) return route;
  if (file.next_is_resident(std::min(bytes, kAskedBytes))) return route;
  // What comes from a disk is cheapest to splice. Where nobody tells, a worker would splice it each
  // time, which is dear for the smallest: what is brought in for a mapping is trusted a while.
  return file.untold && bytes <= thresholds.mapped_bytes ? Route::kMapped : Route::kSplice;
}

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
