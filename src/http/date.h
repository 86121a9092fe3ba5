// Dates in header fields: IMF-fixdate (RFC 9110 §5.6.7).
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::http {

inline constexpr size_t kDateLength = 29;

// Writes "Sun, 06 Nov 1994 08:49:37 GMT", kDateLength bytes without a NUL. Times before the year 0
// and after 9999, which the format cannot hold, become its first and its last second.
void write_date(int64_t unix_seconds, char* out29) noexcept;

}  // namespace sluice::http
