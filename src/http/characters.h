// Character classes of the HTTP and URI grammars (RFC 9110 §5.6.2, RFC 3986 §2), as one table
// look-up.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sluice::http {

namespace detail {

inline constexpr uint8_t kToken = 1;
inline constexpr uint8_t kTarget = 2;
inline constexpr uint8_t kRegName = 4;
inline constexpr uint8_t kLocation = 8;
inline constexpr uint8_t kUnreserved = 16;

consteval std::array<uint8_t, 256> make_character_classes() {
  std::array<uint8_t, 256> classes{};
  const auto add = [&classes](std::string_view characters, uint8_t bits) {
    for (const char c : characters) {
      classes[static_cast<uint8_t>(c)] |= bits;
    }
  };
  constexpr std::string_view kAlphanumeric =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  add(kAlphanumeric, kToken | kRegName | kLocation | kUnreserved);
  add("!#$%&'*+-.^_`|~", kToken);
  add("-._~", kRegName | kLocation | kUnreserved);
  add("!$&'()*+;=", kRegName);     // sub-delims, without the comma: see host_field.h
  add("!$&()*+,;=:@", kLocation);  // pchar, without the single quote: see location.h
  for (int c = 0x21; c <= 0x7e; ++c) {
    if (c != '#' && c != '\\') {
      classes[static_cast<uint8_t>(c)] |= kTarget;
    }
  }
  return classes;
}

inline constexpr std::array<uint8_t, 256> kCharacterClasses = make_character_classes();

constexpr bool has_class(char c, uint8_t bit) noexcept {
  return (kCharacterClasses[static_cast<uint8_t>(c)] & bit) != 0;
}

}  // namespace detail

// tchar: what a method and a field name are made of (RFC 9110 §5.6.2).
constexpr bool is_token_char(char c) noexcept { return detail::has_class(c, detail::kToken); }

// What may stand in a request target: visible ASCII except '#', since a target has no fragment, and
// '\', which some take for '/'. More than RFC 3986 §2 allows, since browsers send more.
constexpr bool is_target_char(char c) noexcept { return detail::has_class(c, detail::kTarget); }

// What may stand in the registered name of a Host field, escapes aside.
constexpr bool is_reg_name_char(char c) noexcept { return detail::has_class(c, detail::kRegName); }

// What has no meaning of its own anywhere in a URI (RFC 3986 §2.3).
constexpr bool is_unreserved_char(char c) noexcept {
  return detail::has_class(c, detail::kUnreserved);
}

// What stays as it is in a segment of a path that is written: nothing that means something in HTML,
// in a query or to a browser that takes '\' for '/'.
constexpr bool is_location_char(char c) noexcept { return detail::has_class(c, detail::kLocation); }

// The same for a whole path.
constexpr bool is_location_path_char(char c) noexcept { return c == '/' || is_location_char(c); }

// CTL (RFC 5234, Appendix B.1): what no text of one line holds.
constexpr bool is_control_byte(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// OWS (RFC 9110 §5.6.3).
constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

// ASCII only; every other byte is returned unchanged.
constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) {
    return c - '0';
  }
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The digit of a value. REQUIRES: value < 16.
constexpr char upper_hex_digit(unsigned value) noexcept { return "0123456789ABCDEF"[value]; }

// ASCII case-insensitive comparison.
constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) {
    return false;
  }
  for (size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) {
      return false;
    }
  }
  return true;
}

// `value` without the optional whitespace around it.
constexpr std::string_view trim_blanks(std::string_view value) noexcept {
  while (!value.empty() && is_blank(value.front())) {
    value.remove_prefix(1);
  }
  while (!value.empty() && is_blank(value.back())) {
    value.remove_suffix(1);
  }
  return value;
}

}  // namespace sluice::http
