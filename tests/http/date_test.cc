// IMF-fixdate: RFC 9110 §5.6.7.
#include "http/date.h"

#include <gtest/gtest.h>
#include <time.h>

#include <limits>
#include <random>
#include <string>

namespace sluice::http {
namespace {

std::string date_of(int64_t seconds) {
  char out[kDateLength + 1];
  out[kDateLength] = '#';
  write_date(seconds, out);
  EXPECT_EQ(out[kDateLength], '#') << "wrote too much";
  return {out, kDateLength};
}

TEST(Date, IsAnImfFixdate) {
  EXPECT_EQ(date_of(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date_of(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date_of(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
  EXPECT_EQ(date_of(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(date_of(4107542399), "Sun, 28 Feb 2100 23:59:59 GMT");
  EXPECT_EQ(date_of(4107542400), "Mon, 01 Mar 2100 00:00:00 GMT");
  EXPECT_EQ(date_of(int64_t{1} << 31), "Tue, 19 Jan 2038 03:14:08 GMT");
}

TEST(Date, StaysWithinFourDigitsOfYear) {
  EXPECT_EQ(date_of(253402300799), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(date_of(253402300800), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(date_of(std::numeric_limits<int64_t>::max()), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(date_of(-62167219200), "Sat, 01 Jan 0000 00:00:00 GMT");
  EXPECT_EQ(date_of(-62167219201), "Sat, 01 Jan 0000 00:00:00 GMT");
  EXPECT_EQ(date_of(std::numeric_limits<int64_t>::min()), "Sat, 01 Jan 0000 00:00:00 GMT");
}

TEST(Date, AgreesWithTheCLibrary) {
  constexpr uint64_t kSeed = 5;
  std::mt19937_64 random(kSeed);
  std::uniform_int_distribution<int64_t> seconds(-62135596800, 253402300799);
  for (int round = 0; round < 20'000; ++round) {
    const time_t time = seconds(random);
    struct tm fields;
    ASSERT_NE(gmtime_r(&time, &fields), nullptr);
    const std::string year = std::to_string(fields.tm_year + 1900);
    char expected[64];
    ASSERT_GT(strftime(expected, sizeof expected, "%a, %d %b YEAR %H:%M:%S GMT", &fields), 0u);
    // %Y would not pad.
    const std::string padded = std::string(4 - year.size(), '0') + year;
    ASSERT_EQ(date_of(time), std::string(expected).replace(12, 4, padded)) << time;
  }
}

}  // namespace
}  // namespace sluice::http
