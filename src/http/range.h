// Range requests for one range of bytes (RFC 9110 §14.1.2, §14.2, §14.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::http {

struct ByteRange {
  uint64_t first;
  uint64_t length;  // at least 1 for RangeKind::kPartial
};

enum class RangeKind : uint8_t {
  kWhole,          // another unit, malformed, or several ranges: serve all of it (200)
  kPartial,        // serve the range (206), which lies within the file
  kUnsatisfiable,  // 416
};

struct RangeChoice {
  RangeKind kind;
  ByteRange range;  // the whole file unless kPartial
};

// What to serve of a file of `size` bytes for this value of a Range field. Positions beyond 64 bits
// count as the highest. "bytes=-0" and any byte range of an empty file are unsatisfiable.
RangeChoice choose_range(std::string_view range_value, uint64_t size) noexcept;

// Writes the value of Content-Range: "bytes 0-99/1234" for kPartial, "bytes */1234" for
// kUnsatisfiable. Returns the bytes written, 0 if they do not fit or for kWhole, which has none.
// kContentRangeCapacity always suffices.
size_t write_content_range(const RangeChoice& choice, uint64_t size, std::span<char> out) noexcept;

inline constexpr size_t kContentRangeCapacity = 6 + 20 + 1 + 20 + 1 + 20;

}  // namespace sluice::http
