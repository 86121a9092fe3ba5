// Entity tags (RFC 9110 §8.8.3): how they are made, compared and listed, and If-Range (§13.1.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/accept_encoding.h"

namespace sluice::http {

// A strong tag in its quotes, "18f-17a3b2c4d5e6f708"; or none, which is empty.
struct EntityTag {
  static constexpr size_t kCapacity = 1 + 16 + 1 + 16 + 4 + 1;

  std::string_view view() const noexcept { return {text, length}; }
  bool empty() const noexcept { return length == 0; }

  char text[kCapacity];
  uint8_t length = 0;
};

// The tag of a file's state: size and modification time, hexadecimal. Two states that differ in
// size or in modification time, down to the nanosecond, have different tags.
EntityTag make_entity_tag(uint64_t size, int64_t mtime_seconds,
                          uint32_t mtime_nanoseconds) noexcept;

// The tag of a content by its hash of 128 bits: 32 hexadecimal digits, so that it is never one of
// the other kind.
EntityTag make_content_entity_tag(uint64_t high, uint64_t low) noexcept;

// The tag of the same content in a content coding (RFC 9110 §8.8.3.3): gzip, br and zstd add "-gz",
// "-br" and "-zst" at the end. No tag stays none. REQUIRES: a `tag` without a coding.
EntityTag with_coding(EntityTag tag, Coding coding) noexcept;

// RFC 9110 §8.8.3.2: a weak tag equals nothing strongly; weakly, "W/" does not count.
enum class TagComparison : uint8_t { kStrong, kWeak };

// True exactly when a list of entity tags, the value of one If-Match or If-None-Match line, has
// `tag` in it. An empty `tag` is in no list. Reads the list up to the first element that is not an
// entity tag, and ignores all from there on. "*" is not an entity tag.
bool list_matches(std::string_view list, std::string_view tag, TagComparison comparison) noexcept;

// True exactly when the Range of the request may be honoured: the value is `tag` by strong
// comparison, or a date, in any of its three forms, of exactly the second `last_modified`. No tag
// and no time match nothing. A year of two digits is that of `last_modified` if it can be.
//
// A time is a strong validator only when the file cannot have changed again within that second
// (RFC 9110 §8.8.2.2): pass none if it can.
bool if_range_matches(std::string_view if_range_value, std::string_view tag,
                      std::optional<int64_t> last_modified) noexcept;

}  // namespace sluice::http
