// Preconditions and their order: RFC 9110 §13.1, §13.2.2.
#include "http/preconditions.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string_view>
#include <vector>

#include "http/head_source.h"

namespace sluice::http {

std::ostream& operator<<(std::ostream& out, Verdict verdict) {
  constexpr std::string_view kNames[] = {"proceed", "not modified", "failed"};
  return out << kNames[static_cast<size_t>(verdict)];
}

namespace {

constexpr auto kProceed = Verdict::kProceed;
constexpr auto kNotModified = Verdict::kNotModified;
constexpr auto kFailed = Verdict::kFailed;

constexpr int64_t kModified = 784'111'777;
constexpr int64_t kNow = 1'800'000'000;
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define EXACTLY "Sun, 06 Nov 1994 08:49:37 GMT"
#define AFTER "Sun, 06 Nov 1994 08:49:38 GMT"
#define TO_COME "Tue, 19 Jan 2038 03:14:08 GMT"

Verdict evaluate(std::string_view lines, Method method, const Validators& current) {
  const HeadSource source(lines);
  return evaluate_preconditions(RequestFields(source.head()), method, current, kNow);
}

struct Case {
  std::string_view lines;
  Verdict reading;  // GET and HEAD
  Verdict other;
};

void expect_all(const Validators& current, const std::vector<Case>& cases) {
  for (const auto& [lines, reading, other] : cases) {
    EXPECT_EQ(evaluate(lines, Method::kGet, current), reading) << lines;
    EXPECT_EQ(evaluate(lines, Method::kHead, current), reading) << lines;
    EXPECT_EQ(evaluate(lines, Method::kOther, current), other) << lines;
  }
}

constexpr Validators kStrong{"\"a\"", kModified};
constexpr Validators kWeak{"W/\"a\"", kModified};
constexpr Validators kTagOnly{"\"a\"", std::nullopt};
constexpr Validators kDateOnly{"", kModified};
constexpr Validators kNothing{"", std::nullopt};

TEST(Preconditions, MayBeAbsent) {
  for (const Validators& current : {kStrong, kWeak, kTagOnly, kDateOnly, kNothing}) {
    expect_all(current, {{"", kProceed, kProceed},
                         {"If-Range: \"b\"\r\n", kProceed, kProceed},
                         {"If: x\r\nI-Match: x\r\nIf-Matches: x\r\n", kProceed, kProceed}});
  }
}

TEST(IfMatch, ComparesStrongly) {
  expect_all(kStrong, {{"If-Match: \"a\"\r\n", kProceed, kProceed},
                       {"if-match:\"a\"\r\n", kProceed, kProceed},
                       {"IF-MATCH: \"b\", \"a\"\r\n", kProceed, kProceed},
                       {"If-Match: *\r\n", kProceed, kProceed},
                       {"If-Match: \"b\"\r\n", kFailed, kFailed},
                       {"If-Match: W/\"a\"\r\n", kFailed, kFailed},
                       {"If-Match:\r\n", kFailed, kFailed},
                       {"If-Match: a\r\n", kFailed, kFailed},
                       {"If-Match: \"*\"\r\n", kFailed, kFailed},
                       {"If-Match: **\r\n", kFailed, kFailed},
                       {"If-Match: *, \"a\"\r\n", kFailed, kFailed}});
  expect_all(kWeak, {{"If-Match: W/\"a\"\r\n", kFailed, kFailed},
                     {"If-Match: \"a\"\r\n", kFailed, kFailed},
                     {"If-Match: *\r\n", kProceed, kProceed}});
  expect_all(kDateOnly,
             {{"If-Match: \"a\"\r\n", kFailed, kFailed}, {"If-Match: *\r\n", kProceed, kProceed}});
}

TEST(IfMatch, MayHaveSeveralLines) {
  expect_all(kStrong,
             {{"If-Match: \"b\"\r\nIf-Match: \"a\"\r\n", kProceed, kProceed},
              {"If-Match: \"a\"\r\nX: y\r\nIf-Match: \"b\"\r\n", kProceed, kProceed},
              {"If-Match: x\r\nIf-Match: \"a\"\r\n", kProceed, kProceed},
              {"If-Match: \"b\"\r\nif-match: *\r\n", kProceed, kProceed},
              {"If-Match: \"b\"\r\nIf-Match: \"c\"\r\nIf-Match: \"d\"\r\n", kFailed, kFailed}});
}

TEST(IfUnmodifiedSince, ComparesTheDate) {
  for (const Validators& current : {kStrong, kWeak, kDateOnly}) {
    expect_all(current,
               {{"If-Unmodified-Since: " BEFORE "\r\n", kFailed, kFailed},
                {"If-Unmodified-Since: " EXACTLY "\r\n", kProceed, kProceed},
                {"If-Unmodified-Since: " AFTER "\r\n", kProceed, kProceed},
                {"If-Unmodified-Since: " TO_COME "\r\n", kProceed, kProceed},
                {"if-unmodified-since:" BEFORE "\r\n", kFailed, kFailed},
                {"If-Unmodified-Since: Sunday, 06-Nov-94 08:49:36 GMT\r\n", kFailed, kFailed},
                {"If-Unmodified-Since: Sun Nov  6 08:49:36 1994\r\n", kFailed, kFailed}});
  }
}

TEST(IfUnmodifiedSince, IsIgnoredWithoutADateToCompare) {
  expect_all(kStrong,
             {{"If-Unmodified-Since:\r\n", kProceed, kProceed},
              {"If-Unmodified-Since: x\r\n", kProceed, kProceed},
              {"If-Unmodified-Since: 0\r\n", kProceed, kProceed},
              {"If-Unmodified-Since: sun, 06 nov 1994 08:49:36 gmt\r\n", kProceed, kProceed},
              {"If-Unmodified-Since: " BEFORE ", " BEFORE "\r\n", kProceed, kProceed},
              {"If-Unmodified-Since: " BEFORE "\r\nIf-Unmodified-Since: " BEFORE "\r\n", kProceed,
               kProceed}});
  expect_all(kTagOnly, {{"If-Unmodified-Since: " BEFORE "\r\n", kProceed, kProceed}});
}

TEST(IfUnmodifiedSince, IsIgnoredNextToIfMatch) {
  expect_all(kStrong,
             {{"If-Unmodified-Since: " BEFORE "\r\nIf-Match: \"a\"\r\n", kProceed, kProceed},
              {"If-Match: *\r\nIf-Unmodified-Since: " BEFORE "\r\n", kProceed, kProceed},
              {"If-Match: \"b\"\r\nIf-Unmodified-Since: " AFTER "\r\n", kFailed, kFailed},
              {"If-Match:\r\nIf-Unmodified-Since: " AFTER "\r\n", kFailed, kFailed}});
}

TEST(IfNoneMatch, ComparesWeakly) {
  for (const Validators& current : {kStrong, kWeak, kTagOnly}) {
    expect_all(current, {{"If-None-Match: \"a\"\r\n", kNotModified, kFailed},
                         {"If-None-Match: W/\"a\"\r\n", kNotModified, kFailed},
                         {"if-none-match:\"b\",W/\"a\"\r\n", kNotModified, kFailed},
                         {"If-None-Match: *\r\n", kNotModified, kFailed},
                         {"If-None-Match: \"b\"\r\n", kProceed, kProceed},
                         {"If-None-Match: w/\"a\"\r\n", kProceed, kProceed},
                         {"If-None-Match: \"a-gz\"\r\n", kProceed, kProceed},
                         {"If-None-Match:\r\n", kProceed, kProceed},
                         {"If-None-Match: a\r\n", kProceed, kProceed},
                         {"If-None-Match: *, *\r\n", kProceed, kProceed}});
  }
  expect_all(kDateOnly, {{"If-None-Match: \"a\"\r\n", kProceed, kProceed},
                         {"If-None-Match: \"\"\r\n", kProceed, kProceed},
                         {"If-None-Match: *\r\n", kNotModified, kFailed}});
}

TEST(IfNoneMatch, MayHaveSeveralLines) {
  expect_all(kStrong,
             {{"If-None-Match: \"b\"\r\nIf-None-Match: \"a\"\r\n", kNotModified, kFailed},
              {"If-None-Match: \"a\"\r\nX: y\r\nIf-None-Match: \"b\"\r\n", kNotModified, kFailed},
              {"If-None-Match: x\r\nIf-None-Match: W/\"a\"\r\n", kNotModified, kFailed},
              {"If-None-Match: \"b\"\r\nIf-None-Match: \"c\"\r\n", kProceed, kProceed}});
}

TEST(IfModifiedSince, ComparesTheDateForReadingMethods) {
  for (const Validators& current : {kStrong, kWeak, kDateOnly}) {
    expect_all(current,
               {{"If-Modified-Since: " BEFORE "\r\n", kProceed, kProceed},
                {"If-Modified-Since: " EXACTLY "\r\n", kNotModified, kProceed},
                {"If-Modified-Since: " AFTER "\r\n", kNotModified, kProceed},
                {"If-Modified-Since: " TO_COME "\r\n", kNotModified, kProceed},
                {"if-modified-since:" EXACTLY "\r\n", kNotModified, kProceed},
                {"If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT\r\n", kNotModified, kProceed},
                {"If-Modified-Since: Sun Nov  6 08:49:37 1994\r\n", kNotModified, kProceed}});
  }
}

TEST(IfModifiedSince, IsIgnoredWithoutADateToCompare) {
  expect_all(kStrong, {{"If-Modified-Since:\r\n", kProceed, kProceed},
                       {"If-Modified-Since: x\r\n", kProceed, kProceed},
                       {"If-Modified-Since: 9999999999\r\n", kProceed, kProceed},
                       {"If-Modified-Since: sun, 06 nov 1994 08:49:37 gmt\r\n", kProceed, kProceed},
                       {"If-Modified-Since: " EXACTLY "; length=1\r\n", kProceed, kProceed},
                       {"If-Modified-Since: " EXACTLY ", " EXACTLY "\r\n", kProceed, kProceed},
                       {"If-Modified-Since: " EXACTLY "\r\nIf-Modified-Since: " EXACTLY "\r\n",
                        kProceed, kProceed}});
  expect_all(kTagOnly, {{"If-Modified-Since: " EXACTLY "\r\n", kProceed, kProceed}});
}

TEST(IfModifiedSince, IsIgnoredNextToIfNoneMatch) {
  expect_all(
      kStrong,
      {{"If-None-Match: \"b\"\r\nIf-Modified-Since: " AFTER "\r\n", kProceed, kProceed},
       {"If-Modified-Since: " AFTER "\r\nIf-None-Match: \"b\"\r\n", kProceed, kProceed},
       {"If-None-Match:\r\nIf-Modified-Since: " AFTER "\r\n", kProceed, kProceed},
       {"If-None-Match: \"a\"\r\nIf-Modified-Since: " BEFORE "\r\n", kNotModified, kFailed}});
  expect_all(kDateOnly,
             {{"If-None-Match: \"b\"\r\nIf-Modified-Since: " AFTER "\r\n", kProceed, kProceed}});
}

TEST(Preconditions, FailBeforeTheyFindNothingNew) {
  expect_all(
      kStrong,
      {{"If-None-Match: \"a\"\r\nIf-Match: \"b\"\r\n", kFailed, kFailed},
       {"If-None-Match: \"a\"\r\nIf-Match: \"a\"\r\n", kNotModified, kFailed},
       {"If-None-Match: \"b\"\r\nIf-Match: \"a\"\r\n", kProceed, kProceed},
       {"If-Match: \"b\"\r\nIf-Modified-Since: " EXACTLY "\r\n", kFailed, kFailed},
       {"If-Match: \"a\"\r\nIf-Modified-Since: " EXACTLY "\r\n", kNotModified, kProceed},
       {"If-Unmodified-Since: " BEFORE "\r\nIf-None-Match: \"a\"\r\n", kFailed, kFailed},
       {"If-Unmodified-Since: " AFTER "\r\nIf-None-Match: \"a\"\r\n", kNotModified, kFailed},
       {"If-Unmodified-Since: " BEFORE "\r\nIf-Modified-Since: " AFTER "\r\n", kFailed, kFailed},
       {"If-Unmodified-Since: " AFTER "\r\nIf-Modified-Since: " AFTER "\r\n", kNotModified,
        kProceed}});
}

// "77" is 2077 until it is more than fifty years ahead.
TEST(Preconditions, ReadYearsOfTwoDigitsFromNow) {
  expect_all({"", 1'000'000'000},
             {{"If-Modified-Since: Friday, 15-Jan-77 08:00:00 GMT\r\n", kNotModified, kProceed},
              {"If-Modified-Since: Friday, 15-Jan-77 08:00:01 GMT\r\n", kProceed, kProceed},
              {"If-Unmodified-Since: Friday, 15-Jan-77 08:00:00 GMT\r\n", kProceed, kProceed},
              {"If-Unmodified-Since: Friday, 15-Jan-77 08:00:01 GMT\r\n", kFailed, kFailed}});
}

}  // namespace
}  // namespace sluice::http
