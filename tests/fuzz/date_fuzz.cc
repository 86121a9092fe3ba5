// parse_date() and write_date(). Input: now; a date.
#include <algorithm>
#include <string>

#include "base/assert.h"
#include "fuzz/fuzz_input.h"
#include "http/date.h"

namespace sluice::fuzz {
namespace {

constexpr int64_t kDay = 86'400;
constexpr int64_t kFirst = -62'167'219'200;  // of the year 0
constexpr int64_t kLast = 253'402'300'799;   // of the year 9999

std::string written(int64_t seconds) {
  std::string text(http::kDateLength, ' ');
  http::write_date(seconds, text.data());
  return text;
}

void check_parsed(std::string_view text, int64_t seconds, int64_t now) {
  const bool two_digits = text.find('-') != std::string_view::npos;
  const bool far_from_ends = now > kFirst + 200 * 366 * kDay && now < kLast - 200 * 366 * kDay;
  // Two digits may name a year that cannot be written when now is at an end of what can be.
  if (two_digits && !far_from_ends) return;
  // A leap second at the end of 9999 is the first of another year.
  SLUICE_CHECK(seconds >= kFirst && seconds <= kLast + 1);
  const std::string again = written(seconds);
  SLUICE_CHECK(http::parse_date(again, now) == std::min(seconds, kLast));
  const bool leap = text.find(":60 ") != std::string_view::npos;
  if (text.size() == http::kDateLength && text[3] == ',' && !leap) {
    SLUICE_CHECK(text.substr(5) == std::string_view(again).substr(5));
  }
  if (two_digits) {
    SLUICE_CHECK(seconds <= now + 50 * 366 * kDay);
    SLUICE_CHECK(seconds + 400 * 366 * kDay > now);
    // 29 February is not in every century.
    if (text.find("29-Feb") == std::string_view::npos) {
      SLUICE_CHECK(seconds + 100 * 366 * kDay > now + 50 * 365 * kDay);
    }
  }
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  fuzz::FuzzInput input(data, size);
  const auto now = input.number<int64_t>();
  if (const auto seconds = http::parse_date(input.rest(), now)) {
    fuzz::check_parsed(input.rest(), *seconds, now);
  }
  const int64_t clamped = std::clamp(now, fuzz::kFirst, fuzz::kLast);
  SLUICE_CHECK(http::parse_date(fuzz::written(now), now) == clamped);
  return 0;
}
