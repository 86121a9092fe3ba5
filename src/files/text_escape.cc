#include "files/text_escape.h"

#include <cstdint>

#include "http/characters.h"
#include "http/percent_encoding.h"

namespace sluice {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

constexpr uint8_t byte_at(std::string_view text, size_t i) noexcept {
  return static_cast<uint8_t>(text[i]);
}

// The well-formed sequence, or the longest part of one, that `text` begins with: at least one byte.
struct Utf8Sequence {
  size_t length;
  bool well_formed;
};

// Unicode §3.9, table 3-7. REQUIRES: not empty.
Utf8Sequence first_sequence(std::string_view text) noexcept {
  const uint8_t lead = byte_at(text, 0);
  if (lead < 0x80) return {1, true};
  if (lead < 0xC2 || lead > 0xF4) return {1, false};
  const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // The second byte has a narrower range where it would make an overlong form, a surrogate or more
  // than U+10FFFF.
  uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (size_t i = 1; i < length; ++i) {
    if (i >= text.size() || byte_at(text, i) < low || byte_at(text, i) > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {length, true};
}

// Calls `append` for each well-formed sequence of `text`, and puts U+FFFD where there is none.
template <class Append>
void append_each(std::string& out, std::string_view text, Append append) {
  while (!text.empty()) {
    const Utf8Sequence sequence = first_sequence(text);
    if (sequence.well_formed) {
      append(text.substr(0, sequence.length));
    } else {
      out += kReplacement;
    }
    text.remove_prefix(sequence.length);
  }
}

// What HTML would not take as it is, or null.
const char* html_reference(char c) noexcept {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return nullptr;
  }
}

// Control pictures: U+2400 and on, U+2421 for DEL.
void append_picture(std::string& out, uint8_t control) {
  out += "\xE2\x90";
  out += static_cast<char>(0x80 + (control == 0x7F ? 0x21 : control));
}

void append_json_character(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto byte = static_cast<uint8_t>(c);
  if (byte >= 0x20) {
    out += c;
    return;
  }
  out += "\\u00";
  out += http::upper_hex_digit(byte >> 4);
  out += http::upper_hex_digit(byte & 15);
}

}  // namespace

void append_html(std::string& out, std::string_view text) {
  append_each(out, text, [&out](std::string_view sequence) {
    const auto lead = static_cast<uint8_t>(sequence[0]);
    if (http::is_control_byte(sequence[0])) {
      append_picture(out, lead);
    } else if (lead == 0xC2 && byte_at(sequence, 1) < 0xA0) {
      out += kReplacement;
    } else if (const char* const reference = html_reference(sequence[0])) {
      out += reference;
    } else {
      out += sequence;
    }
  });
}

void append_json(std::string& out, std::string_view text) {
  out += '"';
  append_each(out, text, [&out](std::string_view sequence) {
    if (sequence.size() == 1) {
      append_json_character(out, sequence[0]);
    } else {
      out += sequence;
    }
  });
  out += '"';
}

void append_percent_encoded(std::string& out, std::string_view bytes) {
  http::percent_encode(bytes, http::is_unreserved_char, [&out](char c) { out += c; });
}

void append_path_segment(std::string& out, std::string_view bytes) {
  http::percent_encode(bytes, http::is_location_char, [&out](char c) { out += c; });
}

}  // namespace sluice
