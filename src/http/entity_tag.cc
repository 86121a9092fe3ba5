#include "http/entity_tag.h"

#include <charconv>

#include "base/assert.h"
#include "http/characters.h"
#include "http/date.h"

namespace sluice::http {

namespace {

constexpr std::string_view kWeakPrefix = "W/";

char* append_16_digits(char* to, uint64_t value) noexcept {
  for (int shift = 60; shift >= 0; shift -= 4) {
    *to++ = "0123456789abcdef"[(value >> shift) & 15];
  }
  return to;
}

std::string_view coding_suffix(Coding coding) noexcept {
  switch (coding) {
    case Coding::kGzip:
      return "-gz";
    case Coding::kBrotli:
      return "-br";
    case Coding::kZstd:
      return "-zst";
    case Coding::kIdentity:
      break;
  }
  return {};
}

std::string_view without_weak_prefix(std::string_view tag) noexcept {
  return tag.starts_with(kWeakPrefix) ? tag.substr(kWeakPrefix.size()) : tag;
}

// etagc or the quote that ends them; obs-text is allowed.
bool may_follow_quote(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f;
}

// The entity tag that `list` begins with; empty if it begins with anything else.
std::string_view leading_tag(std::string_view list) noexcept {
  size_t i = list.size() - without_weak_prefix(list).size();
  if (i == list.size() || list[i] != '"') {
    return {};
  }
  for (++i; i < list.size() && may_follow_quote(list[i]); ++i) {
    if (list[i] == '"') {
      return list.substr(0, i + 1);
    }
  }
  return {};
}

bool tags_match(std::string_view listed, std::string_view tag, TagComparison comparison) noexcept {
  if (comparison == TagComparison::kWeak) {
    return without_weak_prefix(listed) == without_weak_prefix(tag);
  }
  return listed == tag && !tag.starts_with(kWeakPrefix);
}

}  // namespace

EntityTag make_entity_tag(uint64_t size, int64_t mtime_seconds,
                          uint32_t mtime_nanoseconds) noexcept {
  // Wraps around for times some 290 years from 1970, where it still tells neighbours apart.
  const uint64_t mtime = static_cast<uint64_t>(mtime_seconds) * 1'000'000'000 + mtime_nanoseconds;
  EntityTag tag;
  char* const end = tag.text + EntityTag::kCapacity;
  char* to = tag.text;
  *to++ = '"';
  to = std::to_chars(to, end, size, 16).ptr;
  *to++ = '-';
  to = std::to_chars(to, end, mtime, 16).ptr;
  *to++ = '"';
  tag.length = static_cast<uint8_t>(to - tag.text);
  return tag;
}

EntityTag make_content_entity_tag(uint64_t high, uint64_t low) noexcept {
  EntityTag tag;
  char* to = tag.text;
  *to++ = '"';
  to = append_16_digits(to, high);
  to = append_16_digits(to, low);
  *to++ = '"';
  tag.length = static_cast<uint8_t>(to - tag.text);
  return tag;
}

EntityTag with_coding(EntityTag tag, Coding coding) noexcept {
  if (tag.empty()) {
    return tag;
  }
  const std::string_view suffix = coding_suffix(coding);
  SLUICE_ASSERT(tag.length + suffix.size() <= EntityTag::kCapacity);
  char* to = tag.text + tag.length - 1;
  to += suffix.copy(to, suffix.size());
  *to++ = '"';
  tag.length = static_cast<uint8_t>(to - tag.text);
  return tag;
}

bool list_matches(std::string_view list, std::string_view tag, TagComparison comparison) noexcept {
  if (tag.empty()) {
    return false;
  }
  list = trim_blanks(list);
  while (!list.empty()) {
    const std::string_view listed = leading_tag(list);
    list.remove_prefix(listed.size());
    while (!list.empty() && is_blank(list.front())) {
      list.remove_prefix(1);
    }
    if (!list.empty() && list.front() != ',') {
      return false;
    }
    if (!listed.empty() && tags_match(listed, tag, comparison)) {
      return true;
    }
    // Empty elements do not count (RFC 9110 §5.6.1.2).
    while (!list.empty() && (list.front() == ',' || is_blank(list.front()))) {
      list.remove_prefix(1);
    }
  }
  return false;
}

bool if_range_matches(std::string_view if_range_value, std::string_view tag,
                      std::optional<int64_t> last_modified) noexcept {
  const std::string_view value = trim_blanks(if_range_value);
  if (value.starts_with('"')) {
    return value == tag;
  }
  return last_modified && parse_date(value, *last_modified) == last_modified;
}

}  // namespace sluice::http
