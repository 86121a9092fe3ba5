#include "fuzz/json_checker.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/assert.h"
#include "http/characters.h"

namespace sluice::fuzz {

namespace {

void append_utf8(std::string& out, uint32_t code) {
  const auto add = [&out](uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0 | code >> 6U);
    add(0x80 | (code & 0x3F));
  } else {
    add(0xE0 | code >> 12U);
    add(0x80 | (code >> 6U & 0x3F));
    add(0x80 | (code & 0x3F));
  }
}

class JsonChecker {
 public:
  explicit JsonChecker(std::string_view text) : rest_(text) {}

  std::vector<std::string> check() {
    check_value(0);
    skip_blanks();
    SLUICE_CHECK(rest_.empty());
    return std::move(strings_);
  }

 private:
  static constexpr int kMostNesting = 8;

  void skip_blanks() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n')) rest_.remove_prefix(1);
  }

  // Whether `c` comes next; if so, goes behind it.
  bool take(char c) {
    skip_blanks();
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void check_value(int nesting) {
    SLUICE_CHECK(nesting < kMostNesting);
    if (take('{')) {
      check_members('}', true, nesting);
    } else if (take('[')) {
      check_members(']', false, nesting);
    } else if (take('"')) {
      strings_.push_back(rest_of_string());
    } else {
      check_number();
    }
  }

  void check_members(char end, bool named, int nesting) {
    if (take(end)) return;
    do {
      if (named) {
        SLUICE_CHECK(take('"'));
        strings_.push_back(rest_of_string());
        SLUICE_CHECK(take(':'));
      }
      check_value(nesting + 1);
    } while (take(','));
    SLUICE_CHECK(take(end));
  }

  void check_number() {
    const size_t digits = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    SLUICE_CHECK(digits > 0 && (rest_[0] != '0' || digits == 1));
    rest_.remove_prefix(digits);
  }

  std::string rest_of_string() {
    std::string decoded;
    while (true) {
      SLUICE_CHECK(!rest_.empty() && static_cast<uint8_t>(rest_[0]) >= 0x20);
      const char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == '"') return decoded;
      if (c == '\\') {
        append_escaped(decoded);
      } else {
        decoded += c;
      }
    }
  }

  void append_escaped(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    SLUICE_CHECK(!rest_.empty());
    const char c = rest_[0];
    rest_.remove_prefix(1);
    if (const size_t letter = kLetters.find(c); letter != std::string_view::npos) {
      out += kMeanings[letter];
      return;
    }
    SLUICE_CHECK(c == 'u' && rest_.size() >= 4);
    uint32_t code = 0;
    for (const char digit : rest_.substr(0, 4)) {
      SLUICE_CHECK(http::hex_value(digit) >= 0);
      code = code * 16 + static_cast<uint32_t>(http::hex_value(digit));
    }
    rest_.remove_prefix(4);
    SLUICE_CHECK(code < 0xD800 || code > 0xDFFF);
    append_utf8(out, code);
  }

  std::string_view rest_;
  std::vector<std::string> strings_;
};

}  // namespace

std::vector<std::string> json_strings(std::string_view text) { return JsonChecker(text).check(); }

bool is_utf8(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size();) {
    const auto lead = static_cast<uint8_t>(bytes[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if ((lead >= 0x80 && lead < 0xC0) || lead > 0xF4 || bytes.size() - i < length) return false;
    uint32_t code = length == 1 ? lead : lead & (0x7FU >> length);
    for (size_t k = 1; k < length; ++k) {
      const auto byte = static_cast<uint8_t>(bytes[i + k]);
      if ((byte & 0xC0U) != 0x80) return false;
      code = code << 6U | (byte & 0x3FU);
    }
    constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kLeast[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
      return false;
    }
    i += length;
  }
  return true;
}

}  // namespace sluice::fuzz
