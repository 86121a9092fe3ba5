#include "http/structured_field.h"

#include <cstddef>

#include "http/characters.h"

namespace sluice::http {

namespace {

constexpr size_t kMaxIntegerDigits = 15;  // of a Decimal 12, and 3 behind its point
constexpr size_t kMaxDecimalWhole = 12;
constexpr size_t kMaxDecimalFraction = 3;

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
constexpr bool is_alpha(char c) noexcept { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
constexpr bool is_lower_hex(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f'); }
constexpr bool is_visible(char c) noexcept { return c >= 0x20 && c <= 0x7e; }
constexpr bool is_base64(char c) noexcept {
  return is_alpha(c) || is_digit(c) || c == '+' || c == '/' || c == '=';
}

// Each takes what it is about from the front of the text; false where that is malformed.
class ItemReader {
 public:
  explicit ItemReader(std::string_view text) noexcept : rest_(text) {}

  bool skip_blanks() noexcept {
    while (next_is(' ')) take();
    return true;
  }
  bool at_end() const noexcept { return rest_.empty(); }

  // Sets `integer` to whether it had no fraction (RFC 9651 §4.2.4).
  bool number(int64_t& value, bool& integer) noexcept;
  bool boolean(bool& value) noexcept;
  bool parameters() noexcept;

 private:
  bool next_is(char c) const noexcept { return !rest_.empty() && rest_.front() == c; }
  char take() noexcept {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  bool take_if(char c) noexcept {
    if (!next_is(c)) return false;
    take();
    return true;
  }
  template <class Class>
  size_t take_while(Class in_class) noexcept {
    size_t count = 0;
    while (!rest_.empty() && in_class(rest_.front())) {
      take();
      ++count;
    }
    return count;
  }

  bool key() noexcept;
  bool bare_item() noexcept;
  bool string() noexcept;
  bool token() noexcept;
  bool byte_sequence() noexcept;
  bool display_string() noexcept;

  std::string_view rest_;
};

bool ItemReader::number(int64_t& value, bool& integer) noexcept {
  const bool negative = take_if('-');
  value = 0;
  size_t digits = 0;
  while (!rest_.empty() && is_digit(rest_.front())) {
    if (++digits > kMaxIntegerDigits) return false;
    value = value * 10 + (take() - '0');
  }
  if (digits == 0) return false;
  if (negative) value = -value;
  integer = !take_if('.');
  if (integer) return true;
  const size_t fraction = take_while(is_digit);
  return digits <= kMaxDecimalWhole && fraction >= 1 && fraction <= kMaxDecimalFraction;
}

bool ItemReader::boolean(bool& value) noexcept {
  if (!take_if('?') || rest_.empty()) return false;
  const char c = take();
  value = c == '1';
  return c == '0' || c == '1';
}

bool ItemReader::key() noexcept {
  if (rest_.empty() || (!is_lower(rest_.front()) && rest_.front() != '*')) return false;
  take_while([](char c) {
    return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*';
  });
  return true;
}

bool ItemReader::string() noexcept {
  take();
  while (!rest_.empty()) {
    const char c = take();
    if (c == '"') return true;
    if (c == '\\' && !take_if('"') && !take_if('\\')) return false;
    if (!is_visible(c)) return false;
  }
  return false;
}

bool ItemReader::token() noexcept {
  take();
  take_while([](char c) { return is_token_char(c) || c == ':' || c == '/'; });
  return true;
}

bool ItemReader::byte_sequence() noexcept {
  take();
  take_while(is_base64);
  return take_if(':');
}

bool ItemReader::display_string() noexcept {
  take();
  if (!take_if('"')) return false;
  while (!rest_.empty()) {
    const char c = take();
    if (c == '"') return true;
    if (!is_visible(c)) return false;
    if (c != '%') continue;
    for (int i = 0; i < 2; ++i) {
      if (rest_.empty() || !is_lower_hex(take())) return false;
    }
  }
  return false;
}

bool ItemReader::bare_item() noexcept {
  if (rest_.empty()) return false;
  int64_t number_value = 0;
  bool flag = false;
  const char first = rest_.front();
  if (first == '-' || is_digit(first)) return number(number_value, flag);
  if (first == '"') return string();
  if (first == '*' || is_alpha(first)) return token();
  if (first == ':') return byte_sequence();
  if (first == '?') return boolean(flag);
  if (first == '%') return display_string();
  if (first == '@') {
    take();
    return number(number_value, flag) && flag;
  }
  return false;
}

bool ItemReader::parameters() noexcept {
  while (take_if(';')) {
    skip_blanks();
    if (!key()) return false;
    if (take_if('=') && !bare_item()) return false;
  }
  return true;
}

}  // namespace

std::optional<int64_t> parse_integer_item(std::string_view value) noexcept {
  ItemReader reader(value);
  int64_t number = 0;
  bool integer = false;
  const bool whole = reader.skip_blanks() && reader.number(number, integer) &&
                     reader.parameters() && reader.skip_blanks() && reader.at_end();
  return whole && integer ? std::optional(number) : std::nullopt;
}

std::optional<bool> parse_boolean_item(std::string_view value) noexcept {
  ItemReader reader(value);
  bool flag = false;
  const bool whole = reader.skip_blanks() && reader.boolean(flag) && reader.parameters() &&
                     reader.skip_blanks() && reader.at_end();
  return whole ? std::optional(flag) : std::nullopt;
}

}  // namespace sluice::http
