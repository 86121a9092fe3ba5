#include "http/range.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "http/characters.h"

namespace sluice::http {

namespace {

constexpr uint64_t kMaxPosition = std::numeric_limits<uint64_t>::max();

struct RangeSpec {
  std::optional<uint64_t> first;  // absent in a suffix range
  std::optional<uint64_t> last;   // absent in an open one; the suffix's length in a suffix range
};

// 1*DIGIT, all of `text`. Saturates.
std::optional<uint64_t> parse_position(std::string_view text) noexcept {
  if (text.empty()) {
    return std::nullopt;
  }
  uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) {
      return std::nullopt;
    }
    const auto digit = static_cast<uint64_t>(c - '0');
    value = value > (kMaxPosition - digit) / 10 ? kMaxPosition : value * 10 + digit;
  }
  return value;
}

// int-range or suffix-range.
std::optional<RangeSpec> parse_range_spec(std::string_view text) noexcept {
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view first_text = text.substr(0, dash);
  const std::string_view last_text = text.substr(dash + 1);
  const RangeSpec spec{parse_position(first_text), parse_position(last_text)};
  const bool first_wrong = !first_text.empty() && !spec.first;
  const bool last_wrong = !last_text.empty() && !spec.last;
  if (first_wrong || last_wrong || (!spec.first && !spec.last)) {
    return std::nullopt;
  }
  if (spec.first && spec.last && *spec.first > *spec.last) {
    return std::nullopt;
  }
  return spec;
}

// The only element of a list. Empty elements do not count (RFC 9110 §5.6.1.2), and whitespace may
// stand beside commas only: "bytes= 0-1" is malformed. Nothing if there are several or none.
std::optional<std::string_view> only_element(std::string_view list) noexcept {
  std::optional<std::string_view> found;
  bool first = true;
  while (true) {
    const size_t comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    const std::string_view trimmed = trim_blanks(element);
    const bool blank_in_front = !trimmed.empty() && trimmed.data() != element.data();
    if (first && blank_in_front) {
      return std::nullopt;
    }
    if (!trimmed.empty()) {
      if (found) {
        return std::nullopt;
      }
      found = trimmed;
    }
    if (comma == std::string_view::npos) {
      return found;
    }
    list.remove_prefix(comma + 1);
    first = false;
  }
}

RangeChoice resolve(const RangeSpec& spec, uint64_t size) noexcept {
  const RangeChoice unsatisfiable{RangeKind::kUnsatisfiable, {0, size}};
  if (!spec.first) {
    const uint64_t length = std::min(*spec.last, size);
    return length == 0 ? unsatisfiable : RangeChoice{RangeKind::kPartial, {size - length, length}};
  }
  if (*spec.first >= size) {
    return unsatisfiable;
  }
  const uint64_t last = std::min(spec.last.value_or(kMaxPosition), size - 1);
  return {RangeKind::kPartial, {*spec.first, last - *spec.first + 1}};
}

char* append_number(char* to, uint64_t number) noexcept {
  return std::to_chars(to, to + std::numeric_limits<uint64_t>::digits10 + 1, number).ptr;
}

}  // namespace

RangeChoice choose_range(std::string_view range_value, uint64_t size) noexcept {
  constexpr std::string_view kUnit = "bytes=";
  const RangeChoice whole{RangeKind::kWhole, {0, size}};
  const std::string_view value = trim_blanks(range_value);
  if (!equal_ignoring_case(value.substr(0, kUnit.size()), kUnit)) {
    return whole;
  }
  const auto element = only_element(value.substr(kUnit.size()));
  const auto spec = element ? parse_range_spec(*element) : std::nullopt;
  return spec ? resolve(*spec, size) : whole;
}

size_t write_content_range(const RangeChoice& choice, uint64_t size, std::span<char> out) noexcept {
  char text[kContentRangeCapacity] = {'b', 'y', 't', 'e', 's', ' '};
  char* to = text + 6;
  switch (choice.kind) {
    case RangeKind::kWhole:
      return 0;
    case RangeKind::kUnsatisfiable:
      *to++ = '*';
      break;
    case RangeKind::kPartial:
      to = append_number(to, choice.range.first);
      *to++ = '-';
      to = append_number(to, choice.range.first + choice.range.length - 1);
  }
  *to++ = '/';
  to = append_number(to, size);
  const auto length = static_cast<size_t>(to - text);
  if (length > out.size()) {
    return 0;
  }
  std::copy(text, to, out.data());
  return length;
}

}  // namespace sluice::http
