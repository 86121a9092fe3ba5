#include "http/date.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "http/characters.h"

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

constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::string_view kWeekdays = "SunMonTueWedThuFriSat";
constexpr std::array<std::string_view, 7> kLongWeekdays = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

void write_two_digits(unsigned value, char* to) noexcept {
  to[0] = static_cast<char>('0' + value / 10);
  to[1] = static_cast<char>('0' + value % 10);
}

struct DateParts {
  int full_year;
  unsigned month;  // 1 to 12; 0 for a name that no month has
  unsigned day;
  unsigned second_of_day;
};

// A digit stands for any digit, 'x' for any byte, the rest for itself.
bool has_shape(std::string_view text, std::string_view shape) noexcept {
  return std::ranges::equal(text, shape, [](char c, char expected) {
    return expected == 'x' || (is_digit(expected) ? is_digit(c) : c == expected);
  });
}

// REQUIRES: digits only.
unsigned number(std::string_view digits) noexcept {
  unsigned value = 0;
  for (const char c : digits) {
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

// Counted from 1 in `names`, of three letters each; 0 if it is none of them.
unsigned name_number(std::string_view name, std::string_view names) noexcept {
  for (size_t i = 0; i < names.size(); i += 3) {
    if (names.substr(i, 3) == name) {
      return static_cast<unsigned>(i / 3 + 1);
    }
  }
  return 0;
}

// "08:49:37". Nothing if there is no such time. REQUIRES: digits and colons in their places.
std::optional<unsigned> parse_time(std::string_view text) noexcept {
  const unsigned hour = number(text.substr(0, 2));
  const unsigned minute = number(text.substr(3, 2));
  const unsigned second = number(text.substr(6, 2));
  const bool leap_second = text == "23:59:60";
  if (hour > 23 || minute > 59 || (second > 59 && !leap_second)) {
    return std::nullopt;
  }
  return hour * 3600 + minute * 60 + second;
}

// Days that a month does not have spill over into the next one.
int64_t seconds_of(const DateParts& parts) noexcept {
  const std::chrono::year_month_day date{year(parts.full_year), std::chrono::month(parts.month),
                                         std::chrono::day(parts.day)};
  return sys_days(date).time_since_epoch().count() * kSecondsPerDay + parts.second_of_day;
}

std::optional<int64_t> seconds_if_valid(const DateParts& parts) noexcept {
  const std::chrono::year_month_day date{year(parts.full_year), std::chrono::month(parts.month),
                                         std::chrono::day(parts.day)};
  return date.ok() ? std::optional(seconds_of(parts)) : std::nullopt;
}

std::optional<int64_t> parse_imf_fixdate(std::string_view text) noexcept {
  if (!has_shape(text, "xxx, 00 xxx 0000 00:00:00 GMT") ||
      name_number(text.substr(0, 3), kWeekdays) == 0) {
    return std::nullopt;
  }
  const auto time = parse_time(text.substr(17, 8));
  return time ? seconds_if_valid({static_cast<int>(number(text.substr(12, 4))),
                                  name_number(text.substr(8, 3), kMonths),
                                  number(text.substr(5, 2)), *time})
              : std::nullopt;
}

std::optional<int64_t> parse_asctime(std::string_view text) noexcept {
  if (!has_shape(text, "xxx xxx x0 00:00:00 0000") ||
      name_number(text.substr(0, 3), kWeekdays) == 0 || (text[8] != ' ' && !is_digit(text[8]))) {
    return std::nullopt;
  }
  const std::string_view day = text[8] == ' ' ? text.substr(9, 1) : text.substr(8, 2);
  const auto time = parse_time(text.substr(11, 8));
  return time ? seconds_if_valid({static_cast<int>(number(text.substr(20, 4))),
                                  name_number(text.substr(4, 3), kMonths), number(day), *time})
              : std::nullopt;
}

// The same date and time 50 years after `now`.
DateParts latest_date(int64_t now_seconds) noexcept {
  const int64_t now = std::clamp(now_seconds, kFirstSecond, kLastSecond);
  const auto today = std::chrono::floor<days>(std::chrono::sys_seconds(std::chrono::seconds(now)));
  const std::chrono::year_month_day date(today);
  return {static_cast<int>(date.year()) + 50, static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          static_cast<unsigned>(now - today.time_since_epoch().count() * kSecondsPerDay)};
}

std::optional<int64_t> parse_rfc_850(std::string_view text, int64_t now_seconds) noexcept {
  const std::string_view weekday = text.substr(0, text.find(','));
  const std::string_view rest = text.substr(weekday.size());
  if (!has_shape(rest, ", 00-xxx-00 00:00:00 GMT") ||
      std::ranges::find(kLongWeekdays, weekday) == kLongWeekdays.end()) {
    return std::nullopt;
  }
  const unsigned month = name_number(rest.substr(5, 3), kMonths);
  const auto time = parse_time(rest.substr(12, 8));
  if (!time || month == 0) {
    return std::nullopt;
  }
  const DateParts latest = latest_date(now_seconds);
  const int years_before =
      (latest.full_year + 100 - static_cast<int>(number(rest.substr(9, 2)))) % 100;
  DateParts parts{latest.full_year - years_before, month, number(rest.substr(2, 2)), *time};
  if (seconds_of(parts) > seconds_of(latest)) {
    parts.full_year -= 100;
  }
  return seconds_if_valid(parts);
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
  std::memcpy(out29, &kWeekdays[3 * std::chrono::weekday(day).c_encoding()], 3);
  write_two_digits(static_cast<unsigned>(date.day()), out29 + 5);
  std::memcpy(out29 + 8, &kMonths[3 * (static_cast<unsigned>(date.month()) - 1)], 3);
  write_two_digits(full_year / 100, out29 + 12);
  write_two_digits(full_year % 100, out29 + 14);
  write_two_digits(time / 3600, out29 + 17);
  write_two_digits(time / 60 % 60, out29 + 20);
  write_two_digits(time % 60, out29 + 23);
}

std::optional<int64_t> parse_date(std::string_view text, int64_t now_seconds) noexcept {
  switch (text.size()) {
    case kDateLength:
      return parse_imf_fixdate(text);
    case 24:
      return parse_asctime(text);
    default:  // from 30, since the shortest weekday has 6 letters
      return parse_rfc_850(text, now_seconds);
  }
}

}  // namespace sluice::http
