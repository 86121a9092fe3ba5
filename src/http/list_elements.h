// Lists and parameters in field values that are in one piece (RFC 9110 §5.6.1, §5.6.6).
#pragma once

#include <cstddef>
#include <string_view>

#include "http/characters.h"

namespace sluice::http {

// Takes what comes before the next `separator` off the front of `rest`, with the separator, and
// returns it without the blanks around it; all that is left if there is none. A separator inside a
// quoted string (RFC 9110 §5.6.4) is none; a string that does not end takes all that is left.
constexpr std::string_view take_part(std::string_view& rest, char separator) noexcept {
  bool quoted = false;
  size_t length = 0;
  for (; length < rest.size(); ++length) {
    const char c = rest[length];
    if (quoted && c == '\\') {
      ++length;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == separator && !quoted) {
      break;
    }
  }
  const std::string_view part = trim_blanks(rest.substr(0, length));
  rest.remove_prefix(length < rest.size() ? length + 1 : rest.size());
  return part;
}

// Calls `on_element(std::string_view)` for each element of a comma-separated list, from the left,
// without the blanks around it. Empty elements do not count (RFC 9110 §5.6.1.2).
template <class OnElement>
constexpr void for_each_element(std::string_view list, OnElement&& on_element) noexcept {
  while (!list.empty()) {
    if (const std::string_view element = take_part(list, ','); !element.empty()) {
      on_element(element);
    }
  }
}

}  // namespace sluice::http
