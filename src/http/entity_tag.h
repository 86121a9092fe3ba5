// Entity tags (RFC 9110 §8.8.3) and If-Range (§13.1.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::http {

// A strong tag in its quotes, "18f-17a3b2c4d5e6f708": size and modification time, hexadecimal.
struct EntityTag {
  static constexpr size_t kCapacity = 1 + 16 + 1 + 16 + 1;

  std::string_view view() const noexcept { return {text, length}; }

  char text[kCapacity];
  uint8_t length;
};

// The tag of a file's state. Two states that differ in size or in modification time, down to the
// nanosecond, have different tags.
EntityTag make_entity_tag(uint64_t size, int64_t mtime_seconds,
                          uint32_t mtime_nanoseconds) noexcept;

// True exactly when the Range of the request may be honoured: the value is this tag by strong
// comparison (a weak tag never is), or the date of Last-Modified exactly as write_date() writes it.
bool if_range_matches(std::string_view if_range_value, const EntityTag& tag,
                      int64_t last_modified_seconds) noexcept;

}  // namespace sluice::http
