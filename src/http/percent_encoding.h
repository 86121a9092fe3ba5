// Percent-encoding: "%2F" (RFC 3986 §2.1). Which bytes are kept is for each place to say:
// http/characters.h has the classes.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "http/characters.h"

namespace sluice::http {

inline constexpr size_t kEscapeSize = 3;  // '%' and two hexadecimal digits

// Calls `put(char)` for each byte of the encoded form of `bytes`, in order: the byte itself where
// `is_kept(char)`, else the three of its escape, with the upper-case digits of RFC 3986 §2.1.
template <class IsKept, class Put>
constexpr void percent_encode(std::string_view bytes, IsKept&& is_kept, Put&& put) {
  for (const char c : bytes) {
    if (is_kept(c)) {
      put(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    put('%');
    put(upper_hex_digit(byte >> 4));
    put(upper_hex_digit(byte & 15));
  }
}

// The byte that the escape in front of `text` stands for, its digits in any case; nothing if no
// well-formed escape is there.
constexpr std::optional<char> decode_escape(std::string_view text) noexcept {
  if (text.size() < kEscapeSize || text[0] != '%') {
    return std::nullopt;
  }
  const int high = hex_value(text[1]);
  const int low = hex_value(text[2]);
  if (high < 0 || low < 0) {
    return std::nullopt;
  }
  return static_cast<char>(high * 16 + low);
}

}  // namespace sluice::http
