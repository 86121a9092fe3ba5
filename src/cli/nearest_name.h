// What somebody may have meant who mistyped a name.
#pragma once

#include <span>
#include <string_view>

namespace sluice::cli {

// The name in `known` that takes the fewest insertions, deletions, replacements and swaps of
// neighbours to become `name`, whatever their case; empty when all are too far away to be meant.
// The first of several that are equally near.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> known);

}  // namespace sluice::cli
