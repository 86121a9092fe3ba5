#include <algorithm>
#include <array>

#include <sluice/route.h>

namespace sluice {

namespace {

constexpr std::array<std::string_view, kRouteCount> kRouteNames = {
    "auto",        "copy",   "sendfile",       "splice",
    "ring-splice", "mapped", "zero-copy-send", "copy-file-range",
};

constexpr std::array<std::string_view, kFallbackCount> kFallbackNames = {
    "no-pipe",         "not-spliceable", "not-mappable", "no-zero-copy",
    "unsuitable-ends", "parsed-content", "no-worker",
};

}  // namespace

std::string_view name_of(Route route) noexcept { return kRouteNames[static_cast<size_t>(route)]; }

std::string_view name_of(Fallback reason) noexcept {
  return kFallbackNames[static_cast<size_t>(reason)];
}

std::optional<Route> route_named(std::string_view name) noexcept {
  const auto same = [](char a, char b) { return a == (b == '_' ? '-' : b); };
  for (size_t i = 0; i < kRouteCount; ++i) {
    if (std::ranges::equal(kRouteNames[i], name, same)) return static_cast<Route>(i);
  }
  return std::nullopt;
}

}  // namespace sluice
