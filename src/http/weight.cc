#include "http/weight.h"

#include "http/characters.h"

namespace sluice::http {

std::optional<int> parse_weight(std::string_view parameter) noexcept {
  constexpr size_t kLongest = 7;  // "q=0.001"
  if (!is_weight(parameter) || parameter.size() < 3 || parameter.size() > kLongest) {
    return std::nullopt;
  }
  const std::string_view value = parameter.substr(2);
  if ((value[0] != '0' && value[0] != '1') || (value.size() > 1 && value[1] != '.')) {
    return std::nullopt;
  }
  int weight = (value[0] - '0') * kMaxWeight;
  int unit = kMaxWeight / 10;
  for (const char c : value.substr(value.size() > 1 ? 2 : 1)) {
    if (!is_digit(c)) {
      return std::nullopt;
    }
    weight += (c - '0') * unit;
    unit /= 10;
  }
  return weight <= kMaxWeight ? std::optional(weight) : std::nullopt;
}

}  // namespace sluice::http
