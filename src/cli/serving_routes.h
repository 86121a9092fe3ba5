// The routes that the files of a directory may be sent by, as flags and configurations name them.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include <sluice/route.h>

namespace sluice::cli {

// Those of name_of(), without that which is from file to file only.
std::span<const std::string_view> serving_route_names();

// As route_named(), for these.
std::optional<Route> serving_route_named(std::string_view name);

}  // namespace sluice::cli
