// How the bytes of a shard travelled.
#pragma once

#include <array>

#include <sluice/route.h>
#include <sluice/stats.h>

#include "base/counter.h"

namespace sluice {

// Each of them is explained in include/sluice/stats.h.
struct TransferCounters {
  struct OfRoute {
    Counter transfers;
    Counter bytes;
  };

  OfRoute& of(Route route) noexcept { return routes[static_cast<size_t>(route)]; }
  void fell_back(Fallback reason) noexcept { fallbacks[static_cast<size_t>(reason)].increment(); }

  // Adds what was counted. Any thread.
  void add_to(TransferStats& sum) const noexcept;

  std::array<OfRoute, kRouteCount> routes;
  std::array<Counter, kFallbackCount> fallbacks;
  Counter copied_body_bytes;
  Counter zero_copy_copied;
  Counter pipes_in_use;
};

}  // namespace sluice
