// What no path and no field value of a configuration may hold.
#pragma once

#include <algorithm>
#include <string_view>

namespace sluice::rules {

// CTL of RFC 5234, Appendix B.1.
constexpr bool has_control_byte(std::string_view text) noexcept {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace sluice::rules
