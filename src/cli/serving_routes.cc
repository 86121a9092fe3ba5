#include "cli/serving_routes.h"

#include <array>

namespace sluice::cli {

static_assert(static_cast<size_t>(Route::kCopyFileRange) == kRouteCount - 1);

std::span<const std::string_view> serving_route_names() {
  static const auto kNames = [] {
    std::array<std::string_view, kRouteCount - 1> all;
    for (size_t i = 0; i < all.size(); ++i) all[i] = name_of(static_cast<Route>(i));
    return all;
  }();
  return kNames;
}

std::optional<Route> serving_route_named(std::string_view name) {
  const std::optional<Route> route = route_named(name);
  return route == Route::kCopyFileRange ? std::nullopt : route;
}

}  // namespace sluice::cli
