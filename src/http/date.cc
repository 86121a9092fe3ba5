#include "http/date.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace sluice::http {

namespace {

using std::chrono::days;
using std::chrono::January;
using std::chrono::sys_days;
using std::chrono::year;

constexpr int64_t kSecondsPerDay = 86400;
constexpr int64_t kFirstSecond =
    sys_days(year(0) / January / 1).time_since_epoch().count() * kSecondsPerDay;
constexpr int64_t kLastSecond =
    (sys_days(year(9999) / January / 1).time_since_epoch().count() + 365) * kSecondsPerDay - 1;

void write_two_digits(unsigned value, char* to) noexcept {
  to[0] = static_cast<char>('0' + value / 10);
  to[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

void write_date(int64_t unix_seconds, char* out29) noexcept {
  const int64_t seconds = std::clamp(unix_seconds, kFirstSecond, kLastSecond);
  int64_t day_number = seconds / kSecondsPerDay;
  int64_t second_of_day = seconds % kSecondsPerDay;
  if (second_of_day < 0) {
    second_of_day += kSecondsPerDay;
    --day_number;
  }
  const sys_days day{days(day_number)};
  const std::chrono::year_month_day date(day);
  const auto full_year = static_cast<unsigned>(static_cast<int>(date.year()));
  const auto time = static_cast<unsigned>(second_of_day);

  std::memcpy(out29, "Sun, 01 Jan 0000 00:00:00 GMT", kDateLength);
  std::memcpy(out29, &"SunMonTueWedThuFriSat"[3 * std::chrono::weekday(day).c_encoding()], 3);
  write_two_digits(static_cast<unsigned>(date.day()), out29 + 5);
  std::memcpy(
      out29 + 8,
      &"JanFebMarAprMayJunJulAugSepOctNovDec"[3 * (static_cast<unsigned>(date.month()) - 1)], 3);
  write_two_digits(full_year / 100, out29 + 12);
  write_two_digits(full_year % 100, out29 + 14);
  write_two_digits(time / 3600, out29 + 17);
  write_two_digits(time / 60 % 60, out29 + 20);
  write_two_digits(time % 60, out29 + 23);
}

}  // namespace sluice::http
