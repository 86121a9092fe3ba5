// What a request head may weigh. RFC 9112 §3 and RFC 9110 §5.4 leave the numbers to the server.
#pragma once

#include <cstddef>

namespace sluice::http {

struct HeadLimits {
  // Request line and fields with their line ends, and empty lines before them. More is answered
  // with 431. At most kMaxHeadBytes. The same budget bounds, once more, what a chunked body holds
  // besides data.
  size_t head_bytes = 16 * 1024;

  // The request target alone. More is answered with 414, as soon as it is seen.
  size_t target_bytes = 8 * 1024;

  // Field lines. More is answered with 431. At most kMaxFieldCount.
  size_t field_count = 100;
};

// Higher limits than these are lowered to them by RequestParser, which stores 16-bit offsets in a
// fixed array.
inline constexpr size_t kMaxHeadBytes = 65535;
inline constexpr size_t kMaxFieldCount = 100;

}  // namespace sluice::http
