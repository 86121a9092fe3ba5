// The content of requests, and where the next request begins: RFC 9112 §6, §7, §9.3.2.
#include <gtest/gtest.h>

#include <string>

#include "http/parse_harness.h"

namespace sluice::http {
namespace {

using State = RequestParser::State;

constexpr std::string_view kNext = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";

std::string head_with(std::string_view fields, std::string_view line = "POST / HTTP/1.1") {
  return std::string(line) + "\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

std::string chunked_head() { return head_with("Transfer-Encoding: chunked\r\n"); }

// The message has that content, and ends where it ends, whatever follows it.
void expect_complete(const std::string& message, std::string_view content = {}) {
  for (const std::string_view next : {std::string_view(), kNext}) {
    const ParseOutcome outcome = parse(message + std::string(next));
    EXPECT_EQ(outcome.state, State::kMessageComplete) << printable(message) << '\n' << outcome;
    EXPECT_EQ(outcome.consumed, message.size()) << printable(message);
    EXPECT_EQ(outcome.content, content) << printable(message);
  }
}

TEST(RequestBody, OfAKnownLength) {
  expect_complete(head_with("Content-Length: 5\r\n") + "hello", "hello");
  expect_complete(head_with("Content-Length: 5\r\n", "GET / HTTP/1.1") + "GET /", "GET /");
  expect_complete(head_with("Content-Length: 5\r\n", "HEAD / HTTP/1.1") + "GET /", "GET /");
  expect_complete(head_with("Content-Length: 5\r\n", "GET / HTTP/1.0") + "GET /", "GET /");
  expect_complete(head_with("Connection: close\r\nContent-Length: 1\r\n") + "\n", "\n");
  expect_complete(head_with("Content-Length: 30\r\n") + "GET /smuggled HTTP/1.1\r\nA: b\r\n",
                  "GET /smuggled HTTP/1.1\r\nA: b\r\n");
  expect_complete(head_with("Content-Length: 0\r\n"));
  expect_complete(head_with(""));
}

TEST(RequestBody, NeedsAllOfItsLength) {
  const ParseOutcome outcome = parse(head_with("Content-Length: 6\r\n") + "hello");
  EXPECT_EQ(outcome.state, State::kNeedMore);
  EXPECT_TRUE(outcome.head_complete);
  EXPECT_EQ(parse(head_with("Content-Length: 18446744073709551615\r\n") + "hello").state,
            State::kNeedMore);
}

TEST(RequestBody, IsNotAnUpgrade) {
  const std::string_view upgrade = "Connection: upgrade\r\nUpgrade: h2c\r\n";
  expect_complete(head_with(upgrade, "GET / HTTP/1.1"));
  expect_complete(head_with(std::string(upgrade) + "Content-Length: 3\r\n") + "abc", "abc");
  expect_complete(head_with("Content-Length: 3\r\n" + std::string(upgrade)) + "abc", "abc");
  expect_complete(
      head_with(std::string(upgrade) + "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n",
      "abc");
  expect_complete(head_with("", "CONNECT a:443 HTTP/1.1"));
  expect_complete(head_with("Content-Length: 3\r\n", "CONNECT a:443 HTTP/1.1") + "abc", "abc");
  expect_complete(head_with("Transfer-Encoding: chunked\r\n", "CONNECT a:443 HTTP/1.1") +
                      "3\r\nabc\r\n0\r\n\r\n",
                  "abc");
}

struct ChunkedCase {
  std::string_view bytes;
  std::string_view content;
};

class ChunkedTest : public testing::TestWithParam<ChunkedCase> {};

TEST_P(ChunkedTest, IsTakenApart) {
  expect_complete(chunked_head() + std::string(GetParam().bytes), GetParam().content);
}

INSTANTIATE_TEST_SUITE_P(
    Chunks, ChunkedTest,
    testing::Values(ChunkedCase{"0\r\n\r\n", ""}, ChunkedCase{"000\r\n\r\n", ""},
                    ChunkedCase{"5\r\nhello\r\n0\r\n\r\n", "hello"},
                    ChunkedCase{"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"},
                    ChunkedCase{"a\r\n0123456789\r\nA\r\nabcdefghij\r\n0\r\n\r\n",
                                "0123456789abcdefghij"},
                    ChunkedCase{"00000000000000000005\r\nhello\r\n0\r\n\r\n", "hello"},
                    ChunkedCase{"5;a\r\nhello\r\n0\r\n\r\n", "hello"},
                    ChunkedCase{"5;a=b\r\nhello\r\n0;c\r\n\r\n", "hello"},
                    ChunkedCase{"5;a=\"b;\\\"c\"\r\nhello\r\n0\r\n\r\n", "hello"},
                    ChunkedCase{"7\r\n0\r\n\r\nGE\r\n0\r\n\r\n", "0\r\n\r\nGE"}));

INSTANTIATE_TEST_SUITE_P(
    Trailers, ChunkedTest,
    testing::Values(ChunkedCase{"0\r\nA: b\r\n\r\n", ""},
                    ChunkedCase{"5\r\nhello\r\n0\r\nA: b\r\nC:\r\n\r\n", "hello"},
                    ChunkedCase{"0\r\nHost: x y\r\n\r\n", ""},
                    ChunkedCase{"0\r\nHost: b\r\nHost: c\r\n\r\n", ""},
                    ChunkedCase{"0\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", ""},
                    ChunkedCase{"0\r\nConnection: close\r\n\r\n", ""}));

class MalformedChunkTest : public testing::TestWithParam<std::string_view> {};

TEST_P(MalformedChunkTest, Is400) {
  const ParseOutcome outcome = parse(chunked_head() + std::string(GetParam()));
  EXPECT_EQ(outcome.state, State::kInvalid) << printable(GetParam());
  EXPECT_EQ(outcome.error_status, 400) << printable(GetParam());
  EXPECT_TRUE(outcome.head_complete);
}

INSTANTIATE_TEST_SUITE_P(
    Chunks, MalformedChunkTest,
    testing::Values("\r\n", ";a\r\n", "x\r\n", "-1\r\n", "+5\r\nhello\r\n", "0x5\r\nhello\r\n",
                    "5 \r\nhello\r\n", " 5\r\nhello\r\n", "5 ;a\r\nhello\r\n", "5\nhello\r\n",
                    "5\rhello\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r0\r\n", "5\r\nhello0\r\n",
                    "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhell\r\n0\r\n\r\n", "5;a\nhello\r\n",
                    "5;a=b\nhello\r\n", "5;a=\"\n\"\r\nhello\r\n", "5;a\rX\r\nhello\r\n",
                    "5;a=b\rX\r\nhello\r\n", "5;a\x01\r\nhello\r\n", "5; a\r\nhello\r\n", "0\r\n\n",
                    "0\r\n\rX", "0\n\r\n", "10000000000000000\r\n", "FFFFFFFFFFFFFFFFF\r\n",
                    "ffffffffffffffff\r\n"));

INSTANTIATE_TEST_SUITE_P(Trailers, MalformedChunkTest,
                         testing::Values("0\r\nA : b\r\n\r\n", "0\r\nA: b\n\r\n",
                                         "0\r\nA: b\r\n c\r\n\r\n", "0\r\nA: \x01\r\n\r\n",
                                         "0\r\n: b\r\n\r\n", "0\r\n A: b\r\n\r\n",
                                         "0\r\nContent-Length: 5\r\n\r\n",
                                         "0\r\nTransfer-Encoding: chunked\r\n\r\n"));

// Extensions, trailers and padding are paid from one budget, a small chunk's framing is free.
TEST(ChunkedBody, IsBoundedBesidesItsData) {
  const HeadLimits limits{.head_bytes = 200};
  std::string small_chunks;
  for (int i = 0; i < 300; ++i) {
    small_chunks += "1\r\nx\r\n";
  }
  const std::string end = "0\r\n\r\n";
  EXPECT_EQ(parse(chunked_head() + small_chunks + end, limits).state, State::kMessageComplete);

  const std::string fits(150, 'a');
  const std::string too_much(250, 'a');
  const std::string zeros(250, '0');
  const std::string blanks(250, ' ');
  EXPECT_EQ(parse(chunked_head() + "1;" + fits + "\r\nx\r\n" + end, limits).state,
            State::kMessageComplete);
  EXPECT_EQ(parse(chunked_head() + "0\r\nA: " + fits + "\r\n\r\n", limits).state,
            State::kMessageComplete);
  for (const std::string& body :
       {"1;" + too_much + "\r\nx\r\n" + end, "1;a=" + too_much + "\r\nx\r\n" + end,
        zeros + "1\r\nx\r\n" + end, "0\r\nA: " + too_much + "\r\n\r\n",
        "0\r\n" + too_much + ": b\r\n\r\n", "0\r\nA:" + blanks + "b\r\n\r\n",
        "0;" + fits + "\r\nA: " + fits + "\r\n\r\n",
        "1;" + fits + "\r\nx\r\n" + small_chunks + "1;" + fits + "\r\nx\r\n" + end}) {
    const ParseOutcome outcome = parse(chunked_head() + body, limits);
    EXPECT_EQ(outcome.state, State::kInvalid) << printable(body);
    EXPECT_EQ(outcome.error_status, 400) << printable(body);
  }
}

TEST(ChunkedBody, DataIsNotBounded) {
  const std::string data(100'000, 'x');
  const std::string body = "186a0\r\n" + data + "\r\n0\r\n\r\n";
  const ParseOutcome outcome = parse_pieces({chunked_head() + body}, {.head_bytes = 200});
  EXPECT_EQ(outcome.state, State::kMessageComplete) << outcome;
  EXPECT_EQ(outcome.content, data);
}

// A pipeline in one buffer: each request is parsed from where the one before it ended.
TEST(Pipeline, IsTakenApart) {
  const std::string stream = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n" +
                             head_with("Content-Length: 4\r\n", "POST /2 HTTP/1.1") + "GET " +
                             head_with("Transfer-Encoding: chunked\r\n", "POST /3 HTTP/1.1") +
                             "2\r\nab\r\n0\r\nA: b\r\n\r\n" + "\r\nHEAD /4 HTTP/1.0\r\n\r\n" +
                             "GET /5 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /6";
  std::string_view rest = stream;
  for (const std::string_view target : {"/1", "/2", "/3", "/4", "/5"}) {
    const ParseOutcome outcome = parse(rest);
    ASSERT_EQ(outcome.state, State::kMessageComplete) << outcome;
    EXPECT_EQ(outcome.target, target);
    rest.remove_prefix(outcome.consumed);
  }
  EXPECT_EQ(rest, "GET /6");
  EXPECT_EQ(parse(rest).state, State::kNeedMore);
}

TEST(RequestBody, WithoutBytesAtHand) {
  const std::string without = head_with("");
  RequestParser parser({});
  ASSERT_EQ(parser.parse_head(without).state, State::kHeadComplete);
  std::string_view data;
  const auto [state, consumed] = parser.parse_body({}, data);
  EXPECT_EQ(state, State::kMessageComplete);
  EXPECT_EQ(consumed, 0u);

  const std::string with = head_with("Content-Length: 1\r\n");
  RequestParser waiting({});
  ASSERT_EQ(waiting.parse_head(with).state, State::kHeadComplete);
  EXPECT_EQ(waiting.parse_body({}, data).state, State::kNeedMore);
  EXPECT_EQ(data, "");
  EXPECT_EQ(waiting.parse_body("x", data).state, State::kMessageComplete);
  EXPECT_EQ(data, "x");
}

}  // namespace
}  // namespace sluice::http
