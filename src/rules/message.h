// Sentences about options, for a person, put together from text and numbers.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace sluice::rules {

inline void append_part(std::string& text, std::string_view part) { text += part; }
inline void append_part(std::string& text, char part) { text += part; }
template <std::integral Number>
void append_part(std::string& text, Number part) {
  text += std::to_string(part);
}

// The parts one after the other, numbers in decimal.
template <class... Parts>
std::string message(const Parts&... parts) {
  std::string text;
  (append_part(text, parts), ...);
  return text;
}

}  // namespace sluice::rules
