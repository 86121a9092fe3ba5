// Dates in header fields (RFC 9110 §5.6.7), in seconds since 1970 without leap seconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::http {

inline constexpr size_t kDateLength = 29;

// Writes "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate), kDateLength bytes without a NUL. Times
// before the year 0 and after 9999, which the format cannot hold, become its first and its last
// second.
void write_date(int64_t unix_seconds, char* out29) noexcept;

// Reads the three forms of a date:
//   Sun, 06 Nov 1994 08:49:37 GMT    IMF-fixdate
//   Sunday, 06-Nov-94 08:49:37 GMT   RFC 850
//   Sun Nov  6 08:49:37 1994         asctime(3)
// exactly as the grammar has them, in this case of letters, without whitespace around. Nothing for
// all else and for days that do not exist. Any name of a weekday will do: it is not compared with
// the date. 23:59:60 is a leap second and the same as the second after it; no other minute has 61.
// A year of two digits is the latest with these digits for which the date is not more than 50 years
// after `now_seconds`.
std::optional<int64_t> parse_date(std::string_view text, int64_t now_seconds) noexcept;

}  // namespace sluice::http
