// What no path and no field value of a configuration may hold.
#pragma once

#include <algorithm>
#include <string_view>

#include "http/characters.h"

namespace sluice::rules {

constexpr bool has_control_byte(std::string_view text) noexcept {
  return std::ranges::any_of(text, http::is_control_byte);
}

}  // namespace sluice::rules
