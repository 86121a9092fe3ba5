// Range requests for bytes (RFC 9110 §14.1.2, §14.2, §14.4).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::http {

struct ByteRange {
  uint64_t first;
  uint64_t length;  // at least 1 in a RangeSet
};

// More ranges than these are not served as ranges.
inline constexpr size_t kMaxRanges = 16;

enum class RangeKind : uint8_t {
  kWhole,          // serve all of the file (200)
  kSingle,         // serve one range (206 with Content-Range)
  kMultiple,       // serve 2 to kMaxRanges of them (206, multipart/byteranges)
  kUnsatisfiable,  // 416
};

struct RangeSet {
  // What to serve, in this order. The ranges lie within the file, and no two of them overlap or
  // touch. Empty for kWhole and kUnsatisfiable.
  std::span<const ByteRange> chosen() const noexcept { return std::span(ranges).first(count); }

  RangeKind kind;
  uint8_t count;
  std::array<ByteRange, kMaxRanges> ranges;  // left uninitialised beyond `count`
};

// What to serve of a file of `size` bytes for this value of a Range field. The value may be of any
// length: time is linear in it, memory is fixed.
//
// kWhole for another unit and for anything malformed; also when the ranges ask for more bytes
// together than the file has, when more than kMaxRanges are left in the end, and when more than
// 128 lie apart at any point of the list.
// Positions beyond 64 bits count as the highest. "bytes=-0", a range that begins behind the end,
// and any range of an empty file are unsatisfiable: they are left out, and kUnsatisfiable means
// that there were no others. Ranges that overlap or touch become one, which stands at the place of
// the first of them; otherwise the order is that of the request.
RangeSet choose_ranges(std::string_view range_value, uint64_t size) noexcept;

inline constexpr size_t kContentRangeCapacity = 6 + 20 + 1 + 20 + 1 + 20;

// Both write a value of Content-Range and return the bytes written, 0 if they do not fit.
// kContentRangeCapacity always suffices.

// "bytes 0-99/1234". REQUIRES: range.length > 0, and the range lies within the file.
size_t write_content_range(ByteRange range, uint64_t size, std::span<char> out) noexcept;

// "bytes */1234", for 416.
size_t write_unsatisfied_range(uint64_t size, std::span<char> out) noexcept;

}  // namespace sluice::http
