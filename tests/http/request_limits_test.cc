// Limits of heads: RFC 9110 §5.4, RFC 9112 §3; RFC 6585 §5 for 431.
#include <gtest/gtest.h>

#include <string>

#include "http/parse_harness.h"

namespace sluice::http {
namespace {

using State = RequestParser::State;

constexpr HeadLimits kDefault;

std::string fields(size_t count) {
  std::string lines;
  for (size_t i = 0; i < count; ++i) {
    lines += "X-" + std::to_string(i) + ": y\r\n";
  }
  return lines;
}

// A head of exactly `size` bytes.
std::string head_of(size_t size) {
  const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\nA: ";
  const std::string end = "\r\n\r\n";
  return begin + std::string(size - begin.size() - end.size(), 'x') + end;
}

void expect_status(const ParseOutcome& outcome, int status) {
  EXPECT_EQ(outcome.state, State::kInvalid) << outcome;
  EXPECT_EQ(outcome.error_status, status) << outcome;
}

TEST(HeadLimit, IsOnTheByte) {
  for (const size_t limit : {size_t{200}, kDefault.head_bytes}) {
    const HeadLimits limits{.head_bytes = limit};
    EXPECT_EQ(parse(head_of(limit), limits).state, State::kMessageComplete);
    expect_status(parse(head_of(limit + 1), limits), 431);
    EXPECT_EQ(parse(head_of(limit).substr(0, limit - 1), limits).state, State::kNeedMore);
  }
}

TEST(HeadLimit, DoesNotCountTheBody) {
  const std::string message =
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n" + std::string(500, 'x');
  EXPECT_EQ(parse(message, {.head_bytes = 100}).consumed, message.size());
}

TEST(HeadLimit, IsReportedAsSoonAsItIsMet) {
  // No end is in sight, in a value, in a name, in the blanks between: a caller must not wait.
  for (const std::string_view begin :
       {"GET / HTTP/1.1\r\nA: ", "GET / HTTP/1.1\r\nA", "GET / HTTP/1.1\r\nA:  "}) {
    const std::string bytes =
        std::string(begin) + std::string(100 - begin.size(), begin.back() == ' ' ? ' ' : 'x');
    expect_status(parse(bytes, {.head_bytes = 100}), 431);
  }
}

TEST(TargetLimit, IsOnTheByte) {
  for (const size_t limit : {size_t{10}, kDefault.target_bytes}) {
    const HeadLimits limits{.target_bytes = limit};
    const std::string target = '/' + std::string(limit - 1, 'a');
    const std::string rest = " HTTP/1.1\r\nHost: a\r\n\r\n";
    const ParseOutcome fits = parse("GET " + target + rest, limits);
    EXPECT_EQ(fits.state, State::kMessageComplete);
    EXPECT_EQ(fits.target, target);
    expect_status(parse("GET " + target + "a" + rest, limits), 414);
    // Also while the line is incomplete, and for other methods and forms.
    expect_status(parse("GET " + target + "a", limits), 414);
    expect_status(parse("FOO " + target + "a", limits), 414);
    expect_status(parse("OPTIONS " + target + "a", limits), 414);
  }
}

TEST(TargetLimit, YieldsToAnEarlierError) {
  expect_status(parse("GET foo-bar HTTP/1.1\r\n", {.target_bytes = 5}), 400);
  expect_status(parse("GET \x01/aaaaaaaaa HTTP/1.1\r\n", {.target_bytes = 5}), 400);
  expect_status(parse("GET /aaaaaaaaa\x01 HTTP/1.1\r\n", {.target_bytes = 5}), 414);
}

TEST(FieldLimit, IsOnTheField) {
  for (const size_t limit : {size_t{3}, kDefault.field_count}) {
    const HeadLimits limits{.field_count = limit};
    const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\n";
    const ParseOutcome fits = parse(begin + fields(limit - 1) + "\r\n", limits);
    EXPECT_EQ(fits.state, State::kMessageComplete);
    EXPECT_EQ(fits.fields.size(), limit);
    expect_status(parse(begin + fields(limit) + "\r\n", limits), 431);
  }
}

TEST(FieldLimit, IsNeverAboveTheArray) {
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n" + fields(kMaxFieldCount) + "\r\n";
  expect_status(parse(request, {.field_count = 1'000'000}), 431);
}

TEST(HeadLimit, IsNeverAboveWhatOffsetsHold) {
  const HeadLimits limits{.head_bytes = 1'000'000};
  EXPECT_EQ(parse_pieces({head_of(kMaxHeadBytes)}, limits).state, State::kMessageComplete);
  EXPECT_EQ(parse_pieces({head_of(kMaxHeadBytes + 1)}, limits).error_status, 431);
  const ParseOutcome outcome = parse_pieces({head_of(kMaxHeadBytes)}, limits);
  EXPECT_EQ(outcome.fields.at(1).second.find_first_not_of('x'), std::string::npos);
}

TEST(Limits, DoNotCountTrailersAsFields) {
  const std::string request =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + fields(120) +
      "\r\n";
  const ParseOutcome outcome = parse(request);
  EXPECT_EQ(outcome.state, State::kMessageComplete);
  EXPECT_EQ(outcome.fields.size(), 2u);
}

}  // namespace
}  // namespace sluice::http
