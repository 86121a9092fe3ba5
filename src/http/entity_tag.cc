#include "http/entity_tag.h"

#include <charconv>

#include "http/characters.h"
#include "http/date.h"

namespace sluice::http {

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

bool if_range_matches(std::string_view if_range_value, const EntityTag& tag,
                      int64_t last_modified_seconds) noexcept {
  const std::string_view value = trim_blanks(if_range_value);
  if (value.starts_with('"')) {
    return value == tag.view();
  }
  char date[kDateLength];
  write_date(last_modified_seconds, date);
  return value == std::string_view(date, kDateLength);
}

}  // namespace sluice::http
