// Which route a file takes to a socket. Pure.
#pragma once

#include <cstdint>

#include <sluice/route.h>

#include "transfer/outgoing_file.h"

namespace sluice {

// The route to begin with for `bytes` of a file: `asked`, or, for kAuto, the cheapest for this
// many when `sent_since` bytes were sent since the same file was last begun with. Never kAuto, nor
// kCopyFileRange, which is not for sockets and taken for kAuto.
Route first_route(Route asked, uint64_t bytes, uint64_t sent_since,
                  const RouteThresholds& thresholds) noexcept;

// The route to go on with where `tried` has ended in `end`. Whatever the first one is, this leads
// to kCopy, which works with everything. REQUIRES: end is not kDone; tried is not kCopy.
Route next_route(Route tried, RouteEnd end) noexcept;

}  // namespace sluice
