#include "http/range.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "base/assert.h"
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

// The part of the file that is asked for, of length 0 if there is none.
ByteRange clamp_to_file(const RangeSpec& spec, uint64_t size) noexcept {
  if (!spec.first) {
    const uint64_t length = std::min(*spec.last, size);
    return {size - length, length};
  }
  if (*spec.first >= size) {
    return {0, 0};
  }
  const uint64_t last = std::min(spec.last.value_or(kMaxPosition), size - 1);
  return {*spec.first, last - *spec.first + 1};
}

// Ranges that lie apart.
class RangeUnion {
 public:
  struct Member {
    uint64_t first;
    uint64_t end;
    size_t place;  // of the first range that went into it, counted in the order of add()
  };

  // False if there is no room left.
  bool add(ByteRange range) noexcept {
    Member merged{range.first, range.first + range.length, added_count_++};
    // Those that overlap or touch it.
    const auto begin = std::ranges::lower_bound(members(), merged.first, {}, &Member::end);
    const auto end =
        std::ranges::upper_bound(begin, members().end(), merged.end, {}, &Member::first);
    for (const Member& member : std::span(begin, end)) {
      merged.first = std::min(merged.first, member.first);
      merged.end = std::max(merged.end, member.end);
      merged.place = std::min(merged.place, member.place);
    }
    if (begin != end) {
      count_ = static_cast<size_t>(std::move(end, members().end(), begin + 1) - members().begin());
    } else if (count_ < kCapacity) {
      ++count_;
      std::move_backward(begin, members().end() - 1, members().end());
    } else {
      return false;
    }
    *begin = merged;
    return true;
  }

  // From the left to the right.
  std::span<Member> members() noexcept { return std::span(members_).first(count_); }

 private:
  static constexpr size_t kCapacity = 128;

  size_t added_count_ = 0;
  size_t count_ = 0;
  std::array<Member, kCapacity> members_;
};

// Calls on_element(std::string_view) for each element of a list, until it answers false; then, and
// for whitespace in front of the list, the answer is false. Empty elements do not count (RFC 9110
// §5.6.1.2), and whitespace may stand beside commas only: "bytes= 0-1" is malformed.
template <class OnElement>
bool visit_elements(std::string_view list, OnElement&& on_element) noexcept {
  const char* const begin = list.data();
  while (true) {
    const size_t comma = list.find(',');
    const std::string_view element = list.substr(0, comma);
    const std::string_view trimmed = trim_blanks(element);
    if (!trimmed.empty()) {
      const bool blank_in_front = element.data() == begin && trimmed.data() != begin;
      if (blank_in_front || !on_element(trimmed)) {
        return false;
      }
    }
    if (comma == std::string_view::npos) {
      return true;
    }
    list.remove_prefix(comma + 1);
  }
}

RangeSet empty_set(RangeKind kind) noexcept {
  RangeSet set;
  set.kind = kind;
  set.count = 0;
  return set;
}

char* append_number(char* to, uint64_t number) noexcept {
  return std::to_chars(to, to + std::numeric_limits<uint64_t>::digits10 + 1, number).ptr;
}

size_t copy_if_it_fits(std::string_view text, std::span<char> out) noexcept {
  return text.size() > out.size() ? 0 : text.copy(out.data(), text.size());
}

}  // namespace

RangeSet choose_ranges(std::string_view range_value, uint64_t size) noexcept {
  constexpr std::string_view kUnit = "bytes=";
  const std::string_view value = trim_blanks(range_value);
  if (!equal_ignoring_case(value.substr(0, kUnit.size()), kUnit)) {
    return empty_set(RangeKind::kWhole);
  }
  RangeUnion wanted;
  uint64_t unasked = size;
  bool any = false;
  const bool acceptable = visit_elements(value.substr(kUnit.size()), [&](std::string_view element) {
    const auto spec = parse_range_spec(element);
    if (!spec) {
      return false;
    }
    any = true;
    const ByteRange range = clamp_to_file(*spec, size);
    if (range.length > unasked) {
      return false;
    }
    unasked -= range.length;
    return range.length == 0 || wanted.add(range);
  });
  const std::span<RangeUnion::Member> ranges = wanted.members();
  if (!acceptable || !any || ranges.size() > kMaxRanges) {
    return empty_set(RangeKind::kWhole);
  }
  if (ranges.empty()) {
    return empty_set(RangeKind::kUnsatisfiable);
  }
  RangeSet set = empty_set(ranges.size() == 1 ? RangeKind::kSingle : RangeKind::kMultiple);
  std::ranges::sort(ranges, {}, &RangeUnion::Member::place);
  for (const auto& [first, end, place] : ranges) {
    set.ranges[set.count++] = {first, end - first};
  }
  return set;
}

size_t write_content_range(ByteRange range, uint64_t size, std::span<char> out) noexcept {
  SLUICE_ASSERT(range.length > 0 && range.first < size && range.length <= size - range.first);
  char text[kContentRangeCapacity] = {'b', 'y', 't', 'e', 's', ' '};
  char* to = append_number(text + 6, range.first);
  *to++ = '-';
  to = append_number(to, range.first + range.length - 1);
  *to++ = '/';
  to = append_number(to, size);
  return copy_if_it_fits({text, static_cast<size_t>(to - text)}, out);
}

size_t write_unsatisfied_range(uint64_t size, std::span<char> out) noexcept {
  char text[kContentRangeCapacity] = {'b', 'y', 't', 'e', 's', ' ', '*', '/'};
  const char* const end = append_number(text + 8, size);
  return copy_if_it_fits({text, static_cast<size_t>(end - text)}, out);
}

}  // namespace sluice::http
