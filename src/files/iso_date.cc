#include "files/iso_date.h"

#include <algorithm>
#include <chrono>

namespace sluice {

namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::January;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;

constexpr sys_seconds kFirst = sys_days(year(0) / January / 1);
constexpr sys_seconds kLast = sys_days(year(10000) / January / 1) - seconds(1);

}  // namespace

IsoDate::IsoDate(int64_t unix_seconds) noexcept {
  const sys_seconds time = std::clamp(sys_seconds(seconds(unix_seconds)), kFirst, kLast);
  const sys_days day = floor<days>(time);
  const std::chrono::year_month_day date(day);
  const auto second_of_day = static_cast<unsigned>((time - day).count());

  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  kForm.copy(text_.data(), kForm.size());
  const auto write = [this](size_t at, unsigned value) {
    text_[at] = static_cast<char>('0' + value / 10 % 10);
    text_[at + 1] = static_cast<char>('0' + value % 10);
  };
  const auto full_year = static_cast<unsigned>(static_cast<int>(date.year()));
  write(0, full_year / 100);
  write(2, full_year % 100);
  write(5, static_cast<unsigned>(date.month()));
  write(8, static_cast<unsigned>(date.day()));
  write(11, second_of_day / 3600);
  write(14, second_of_day / 60 % 60);
  write(17, second_of_day % 60);
}

}  // namespace sluice
