// Weights of negotiation (RFC 9110 §12.4.2).
#pragma once

#include <optional>
#include <string_view>

namespace sluice::http {

// A weight in thousandths: 0 is "not acceptable".
inline constexpr int kMaxWeight = 1000;

// True exactly when a parameter is a weight by its name: "q=0.5", "Q=x".
constexpr bool is_weight(std::string_view parameter) noexcept {
  return parameter.size() >= 2 && (parameter[0] == 'q' || parameter[0] == 'Q') &&
         parameter[1] == '=';
}

// The weight that "q=0.5" gives, 0 to 1000. Nothing if it is malformed: another name, blanks around
// the '=', more than three decimals, more than 1.
std::optional<int> parse_weight(std::string_view parameter) noexcept;

}  // namespace sluice::http
