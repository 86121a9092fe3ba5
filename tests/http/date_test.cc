// Dates in their three forms: RFC 9110 §5.6.7.
#include "http/date.h"

#include <gtest/gtest.h>
#include <time.h>

#include <limits>
#include <random>
#include <string>

#include "support/random.h"

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

constexpr int64_t kNow = 1'800'000'000;  // Fri, 15 Jan 2027 08:00:00 GMT
constexpr int64_t kExample = 784'111'777;

TEST(ParsedDate, HasThreeForms) {
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT", kNow), kExample);
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", kNow), kExample);
  EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994", kNow), kExample);
  EXPECT_EQ(parse_date("Sun Nov 06 08:49:37 1994", kNow), kExample);
  EXPECT_EQ(parse_date("Wed Nov 16 08:49:37 1994", kNow), kExample + 10 * 86400);
}

TEST(ParsedDate, IsAnySecondThatCanBeWritten) {
  EXPECT_EQ(parse_date("Thu, 01 Jan 1970 00:00:00 GMT", kNow), 0);
  EXPECT_EQ(parse_date("Wed, 31 Dec 1969 23:59:59 GMT", kNow), -1);
  EXPECT_EQ(parse_date("Tue, 19 Jan 2038 03:14:08 GMT", kNow), int64_t{1} << 31);
  EXPECT_EQ(parse_date("Sat, 01 Jan 0000 00:00:00 GMT", kNow), -62167219200);
  EXPECT_EQ(parse_date("Fri, 31 Dec 9999 23:59:59 GMT", kNow), 253402300799);
  EXPECT_EQ(parse_date("Fri Dec 31 23:59:59 9999", kNow), 253402300799);
}

TEST(ParsedDate, KnowsEveryName) {
  constexpr std::string_view kLong[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};
  // The days of the first week of 1996, which began on a Monday; then the months of that year.
  for (int day = 1; day <= 7; ++day) {
    const int64_t seconds = 820'454'400 + (day - 1) * 86400;
    const std::string number = std::to_string(day);
    const std::string name(kLong[day - 1]);
    const std::string short_name = name.substr(0, 3);
    EXPECT_EQ(parse_date(short_name + ", 0" + number + " Jan 1996 00:00:00 GMT", kNow), seconds);
    EXPECT_EQ(parse_date(name + ", 0" + number + "-Jan-96 00:00:00 GMT", kNow), seconds);
    EXPECT_EQ(parse_date(short_name + " Jan  " + number + " 00:00:00 1996", kNow), seconds);
  }
  constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr int kDays[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int64_t first = 820'454'400;
  for (int month = 0; month < 12; ++month) {
    const std::string name(kMonths[month]);
    const std::string last_day = std::to_string(kDays[month]);
    const std::string day_after = std::to_string(kDays[month] + 1);
    const int64_t last = first + (kDays[month] - 1) * 86400;
    EXPECT_EQ(parse_date("Mon, 01 " + name + " 1996 00:00:00 GMT", kNow), first);
    EXPECT_EQ(parse_date("Mon, " + last_day + " " + name + " 1996 00:00:00 GMT", kNow), last);
    EXPECT_EQ(parse_date("Mon, " + day_after + " " + name + " 1996 00:00:00 GMT", kNow),
              std::nullopt);
    EXPECT_EQ(parse_date("Monday, " + last_day + "-" + name + "-96 00:00:00 GMT", kNow), last);
    EXPECT_EQ(parse_date("Monday, " + day_after + "-" + name + "-96 00:00:00 GMT", kNow),
              std::nullopt);
    first = last + 86400;
  }
}

TEST(ParsedDate, KnowsLeapYears) {
  EXPECT_EQ(parse_date("Tue, 29 Feb 2000 00:00:00 GMT", kNow), 951782400);
  EXPECT_EQ(parse_date("Mon, 29 Feb 2100 00:00:00 GMT", kNow), std::nullopt);
  EXPECT_EQ(parse_date("Mon, 29 Feb 1900 00:00:00 GMT", kNow), std::nullopt);
  EXPECT_EQ(parse_date("Thu, 29 Feb 2024 00:00:00 GMT", kNow), 1709164800);
  EXPECT_EQ(parse_date("Wed, 29 Feb 2023 00:00:00 GMT", kNow), std::nullopt);
  EXPECT_EQ(parse_date("Wed Feb 29 00:00:00 2023", kNow), std::nullopt);
  EXPECT_EQ(parse_date("Tuesday, 29-Feb-00 00:00:00 GMT", kNow), 951782400);
  EXPECT_EQ(parse_date("Tuesday, 29-Feb-01 00:00:00 GMT", kNow), std::nullopt);
}

TEST(ParsedDate, KnowsLeapSecondsAtTheEndOfADayOnly) {
  EXPECT_EQ(parse_date("Sat, 31 Dec 2016 23:59:60 GMT", kNow), 1483228800);
  EXPECT_EQ(parse_date("Sat, 31 Dec 2016 23:59:61 GMT", kNow), std::nullopt);
  EXPECT_EQ(parse_date("Sat, 31 Dec 2016 23:58:60 GMT", kNow), std::nullopt);
  EXPECT_EQ(parse_date("Sat, 31 Dec 2016 22:59:60 GMT", kNow), std::nullopt);
}

TEST(ParsedDate, MayHaveTheWrongWeekday) {
  EXPECT_EQ(parse_date("Mon, 06 Nov 1994 08:49:37 GMT", kNow), kExample);
  EXPECT_EQ(parse_date("Saturday, 06-Nov-94 08:49:37 GMT", kNow), kExample);
  EXPECT_EQ(parse_date("Tue Nov  6 08:49:37 1994", kNow), kExample);
}

TEST(ParsedDate, IsAtMostFiftyYearsAheadWithTwoDigits) {
  // 15 Jan 2077, 08:00:00, is exactly fifty years after kNow.
  constexpr int64_t kIn2077 = 3'377'923'200;
  EXPECT_EQ(parse_date("Friday, 15-Jan-77 08:00:00 GMT", kNow), kIn2077);
  EXPECT_EQ(parse_date("Friday, 15-Jan-77 08:00:01 GMT", kNow), 222'163'201);
  EXPECT_EQ(parse_date("Friday, 16-Jan-77 00:00:00 GMT", kNow), 222'220'800);
  EXPECT_EQ(parse_date("Friday, 31-Dec-76 23:59:59 GMT", kNow), 3'376'684'799);
  EXPECT_EQ(parse_date("Sunday, 01-Jan-78 00:00:00 GMT", kNow), 252'460'800);
  EXPECT_EQ(parse_date("Friday, 01-Jan-27 00:00:00 GMT", kNow), 1'798'761'600);
  EXPECT_EQ(parse_date("Saturday, 01-Jan-00 00:00:00 GMT", kNow), 946'684'800);
  EXPECT_EQ(parse_date("Friday, 31-Dec-99 23:59:59 GMT", kNow), 946'684'799);

  EXPECT_EQ(parse_date("Thursday, 01-Jan-70 00:00:00 GMT", 0), 0);
  EXPECT_EQ(parse_date("Wednesday, 01-Jan-20 00:00:00 GMT", 0), 1'577'836'800);
  EXPECT_EQ(parse_date("Thursday, 02-Jan-20 00:00:00 GMT", 0), -1'577'836'800);
  // From the end of a century it may be the next one: 4070908800 is the first second of 2099.
  EXPECT_EQ(parse_date("Saturday, 01-Jan-01 00:00:00 GMT", 4'070'908'800), 4'133'980'800);
}

// A leap day has no day of its name fifty years later: there the day after it is the limit.
TEST(ParsedDate, IsComparedWithTheDayAfterALeapDay) {
  constexpr int64_t kLeapDay = 1'709'164'800;  // 29 Feb 2024
  EXPECT_EQ(parse_date("Thursday, 01-Mar-74 00:00:00 GMT", kLeapDay), 3'287'088'000);
  EXPECT_EQ(parse_date("Thursday, 01-Mar-74 00:00:01 GMT", kLeapDay), 131'328'001);
}

TEST(ParsedDate, TakesAnyTimeForNow) {
  for (const int64_t now :
       {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    EXPECT_TRUE(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", now));
    EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT", now), kExample);
  }
}

TEST(ParsedDate, IsExactlyAsTheGrammarHasIt) {
  for (const std::string_view text : {"",
                                      "0",
                                      "Sun",
                                      "784111777",
                                      "Sun, 06 Nov 1994",
                                      "Sun, 06 Nov 1994 08:49:37",
                                      "Sun, 06 Nov 1994 08:49:37 ",
                                      "Sun, 06 Nov 1994 08:49:37 UTC",
                                      "Sun, 06 Nov 1994 08:49:37 gmt",
                                      "Sun, 06 Nov 1994 08:49:37 +0000",
                                      "Sun, 06 Nov 1994 08:49:37 GMT ",
                                      " Sun, 06 Nov 1994 08:49:37 GMT",
                                      "Sun, 06 Nov 1994 08:49:37 GMT; length=1",
                                      "Sun, 6 Nov 1994 08:49:37 GMT",
                                      "Sun,  6 Nov 1994 08:49:37 GMT",
                                      "Sun, 06 Nov 94 08:49:37 GMT",
                                      "Sun, 06 Nov 01994 08:49:37 GMT",
                                      "Sun, 06 Nov 1994 8:49:37 GMT",
                                      "Sun, 06 Nov 1994 08:49 GMT",
                                      "Sun, 06 Nov 1994 08-49-37 GMT",
                                      "Sun, 06-Nov-1994 08:49:37 GMT",
                                      "Sun; 06 Nov 1994 08:49:37 GMT",
                                      "Sun,\t06 Nov 1994 08:49:37 GMT",
                                      "sun, 06 Nov 1994 08:49:37 GMT",
                                      "SUN, 06 Nov 1994 08:49:37 GMT",
                                      "Sun, 06 nov 1994 08:49:37 GMT",
                                      "Sun, 06 NOV 1994 08:49:37 GMT",
                                      "Sxn, 06 Nov 1994 08:49:37 GMT",
                                      "unM, 06 Nov 1994 08:49:37 GMT",
                                      "Sun, 06 ovD 1994 08:49:37 GMT",
                                      "Sun, 06 xxx 1994 08:49:37 GMT",
                                      "Sun, 06 011 1994 08:49:37 GMT",
                                      "Sun, 00 Nov 1994 08:49:37 GMT",
                                      "Sun, 31 Nov 1994 08:49:37 GMT",
                                      "Sun, 99 Nov 1994 08:49:37 GMT",
                                      "Sun, -6 Nov 1994 08:49:37 GMT",
                                      "Sun, +6 Nov 1994 08:49:37 GMT",
                                      "Sun, 06 Nov -994 08:49:37 GMT",
                                      "Sun, 06 Nov 1994 24:00:00 GMT",
                                      "Sun, 06 Nov 1994 08:60:00 GMT",
                                      "Sun, 06 Nov 1994 08:49:60 GMT",
                                      "Sun, 06 Nov 1994 99:99:99 GMT",
                                      "Sun, 06 Nov 1994 0x:49:37 GMT",
                                      "Sun, 0\xb2 Nov 1994 08:49:37 GMT",
                                      "Sunday, 06 Nov 1994 08:49:37 GMT",
                                      "Sunday, 06-Nov-1994 08:49:37 GMT",
                                      "Sunday, 06 Nov 94 08:49:37 GMT",
                                      "Sunday, 6-Nov-94 08:49:37 GMT",
                                      "Sunday, 06-nov-94 08:49:37 GMT",
                                      "Sunday, 06-xxx-94 08:49:37 GMT",
                                      "Sunday, 00-Nov-94 08:49:37 GMT",
                                      "Sunday, 31-Nov-94 08:49:37 GMT",
                                      "Sunday, 06-Nov-94 24:49:37 GMT",
                                      "Sunday, 06-Nov-94 08:49:37",
                                      "Sunday, 06-Nov-94 08:49:37 GMT ",
                                      "Sunday 06-Nov-94 08:49:37 GMT",
                                      "Sunday,06-Nov-94 08:49:37 GMT",
                                      "sunday, 06-Nov-94 08:49:37 GMT",
                                      "Sun, 06-Nov-94 08:49:37 GMT",
                                      "Sund, 06-Nov-94 08:49:37 GMT",
                                      "Someday, 06-Nov-94 08:49:37 GMT",
                                      ", 06-Nov-94 08:49:37 GMT",
                                      "Sunday,, 06-Nov-94 08:49:37 GMT",
                                      "Sun Nov 6 08:49:37 1994",
                                      "Sun Nov  6 08:49:37 94",
                                      "Sun Nov  6 08:49:37 1994 ",
                                      "Sun Nov  6 08:49:37 1994 GMT",
                                      "Sun Nov  0 08:49:37 1994",
                                      "Sun Nov 00 08:49:37 1994",
                                      "Sun Nov 31 08:49:37 1994",
                                      "Sun Nov x6 08:49:37 1994",
                                      "Sun Nov J6 08:49:37 1994",
                                      "Sun Nov -6 08:49:37 1994",
                                      "Sun Nov 6  08:49:37 1994",
                                      "sun Nov  6 08:49:37 1994",
                                      "Sun nov  6 08:49:37 1994",
                                      "Sun xxx  6 08:49:37 1994",
                                      "Sun, Nov 6 08:49:37 1994",
                                      "Sun Nov  6 24:49:37 1994",
                                      "Sun Nov  6 08:49:37 199x"}) {
    EXPECT_EQ(parse_date(text, kNow), std::nullopt) << text;
  }
  EXPECT_EQ(parse_date(std::string(65'000, 'S'), kNow), std::nullopt);
  EXPECT_EQ(parse_date(std::string(65'000, ','), kNow), std::nullopt);
}

TEST(ParsedDate, IsWhatWasWritten) {
  constexpr uint64_t kSeed = 7;
  testing_support::Random random(kSeed);
  for (int round = 0; round < 20'000; ++round) {
    const int64_t seconds =
        static_cast<int64_t>(random.below(253402300800 + 62167219200)) - 62167219200;
    const std::string fixdate = date_of(seconds);
    ASSERT_EQ(parse_date(fixdate, kNow), seconds) << fixdate;
    const std::string asctime = fixdate.substr(0, 3) + fixdate.substr(7, 4) + " " +
                                (fixdate[5] == '0' ? " " : fixdate.substr(5, 1)) +
                                fixdate.substr(6, 1) + fixdate.substr(16, 9) +
                                fixdate.substr(11, 5);
    ASSERT_EQ(parse_date(asctime, kNow), seconds) << asctime;
  }
}

// What a year of two digits leaves open are whole centuries, of which one is near enough.
TEST(ParsedDate, FindsTheCenturyFromAnyTime) {
  constexpr uint64_t kSeed = 8;
  testing_support::Random random(kSeed);
  constexpr int64_t kFortyNineYears = int64_t{49} * 365 * 86400;
  for (int round = 0; round < 20'000; ++round) {
    const int64_t now = static_cast<int64_t>(random.below(8'000'000'000));
    const int64_t seconds =
        now - kFortyNineYears + static_cast<int64_t>(random.below(2 * kFortyNineYears));
    const std::string fixdate = date_of(seconds);
    const std::string text = "Monday, " + fixdate.substr(5, 2) + "-" + fixdate.substr(8, 3) + "-" +
                             fixdate.substr(14, 2) + fixdate.substr(16);
    ASSERT_EQ(parse_date(text, now), seconds)
        << "seed " << kSeed << ", round " << round << ": " << text << " at " << now;
  }
}

}  // namespace
}  // namespace sluice::http
