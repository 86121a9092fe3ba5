#include "transfer/route_choice.h"

#include <algorithm>

namespace sluice {

Route first_route(Route asked, uint64_t bytes, uint64_t sent_since,
                  const RouteThresholds& thresholds) noexcept {
  if (asked != Route::kAuto && asked != Route::kCopyFileRange) return asked;
  if (bytes <= thresholds.mapped_bytes) return Route::kMapped;
  if (std::max(bytes, sent_since) <= thresholds.mapped_again_bytes) return Route::kMapped;
  if (bytes <= thresholds.sendfile_bytes) return Route::kSendfile;
  return Route::kSplice;
}

Route next_route(Route tried, RouteEnd end) noexcept {
  switch (tried) {
    case Route::kZeroCopySend:
      return end == RouteEnd::kNoMapping ? Route::kSendfile : Route::kMapped;
    case Route::kMapped:
      return Route::kSendfile;
    case Route::kSplice:
    case Route::kRingSplice:
      // sendfile(2) brings a pipe of its own, but splices as they do.
      return end == RouteEnd::kNoPipe ? Route::kSendfile : Route::kCopy;
    default:
      return Route::kCopy;
  }
}

}  // namespace sluice
