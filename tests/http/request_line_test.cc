// Request lines: RFC 9112 §2.2, §3.
#include <gtest/gtest.h>

#include <string>

#include "http/parse_harness.h"

namespace sluice::http {
namespace {

using State = RequestParser::State;

constexpr std::string_view kRest = "Host: example.org\r\n\r\n";

struct AcceptedLine {
  std::string_view line;
  Method method;
  std::string_view method_name;
  std::string_view target;
  int minor_version;
};

class AcceptedLineTest : public testing::TestWithParam<AcceptedLine> {};

TEST_P(AcceptedLineTest, IsRead) {
  const AcceptedLine& expected = GetParam();
  const std::string request = std::string(expected.line) + "\r\n" + std::string(kRest);
  const ParseOutcome outcome = parse(request);
  ASSERT_EQ(outcome.state, State::kMessageComplete) << outcome;
  EXPECT_EQ(outcome.consumed, request.size());
  EXPECT_EQ(outcome.method, expected.method);
  EXPECT_EQ(outcome.method_name, expected.method_name);
  EXPECT_EQ(outcome.target, expected.target);
  EXPECT_EQ(outcome.minor_version, expected.minor_version);
  EXPECT_FALSE(outcome.has_body);
  ASSERT_EQ(outcome.fields.size(), 1u);
  EXPECT_EQ(outcome.fields[0].first, "Host");
  EXPECT_EQ(outcome.fields[0].second, "example.org");
}

INSTANTIATE_TEST_SUITE_P(
    RequestLine, AcceptedLineTest,
    testing::Values(
        AcceptedLine{"GET / HTTP/1.1", Method::kGet, "GET", "/", 1},
        AcceptedLine{"GET / HTTP/1.0", Method::kGet, "GET", "/", 0},
        AcceptedLine{"HEAD /a/b.html?c=d&e HTTP/1.1", Method::kHead, "HEAD", "/a/b.html?c=d&e", 1},
        // A higher minor version is read as the highest known (RFC 9110 §2.5).
        AcceptedLine{"GET / HTTP/1.2", Method::kGet, "GET", "/", 1},
        AcceptedLine{"GET / HTTP/1.9", Method::kGet, "GET", "/", 1},
        AcceptedLine{"GET http://example.org/a HTTP/1.1", Method::kGet, "GET",
                     "http://example.org/a", 1},
        AcceptedLine{"GET /%20%00|{}^`\"<> HTTP/1.1", Method::kGet, "GET", "/%20%00|{}^`\"<>", 1},
        AcceptedLine{"POST /a HTTP/1.1", Method::kPost, "POST", "/a", 1},
        AcceptedLine{"PUT /a HTTP/1.1", Method::kPut, "PUT", "/a", 1},
        AcceptedLine{"DELETE /a HTTP/1.1", Method::kDelete, "DELETE", "/a", 1},
        AcceptedLine{"PATCH /a HTTP/1.1", Method::kPatch, "PATCH", "/a", 1},
        AcceptedLine{"TRACE /a HTTP/1.1", Method::kOther, "TRACE", "/a", 1},
        AcceptedLine{"PROPFIND /a HTTP/1.1", Method::kOther, "PROPFIND", "/a", 1},
        AcceptedLine{"M-SEARCH /a HTTP/1.1", Method::kOther, "M-SEARCH", "/a", 1},
        AcceptedLine{"QUERY /a HTTP/1.1", Method::kOther, "QUERY", "/a", 1},
        AcceptedLine{"OPTIONS * HTTP/1.1", Method::kOptions, "OPTIONS", "*", 1},
        AcceptedLine{"CONNECT example.org:443 HTTP/1.1", Method::kOther, "CONNECT",
                     "example.org:443", 1}));

struct RefusedLine {
  std::string_view bytes;  // all that the client sends
  int status;
};

class RefusedLineTest : public testing::TestWithParam<RefusedLine> {};

TEST_P(RefusedLineTest, IsAnswered) {
  const ParseOutcome outcome = parse(GetParam().bytes);
  EXPECT_EQ(outcome.state, State::kInvalid) << printable(GetParam().bytes);
  EXPECT_EQ(outcome.error_status, GetParam().status) << printable(GetParam().bytes);
  EXPECT_FALSE(outcome.head_complete);
}

#define WITH_HOST "\r\nHost: a\r\n\r\n"

INSTANTIATE_TEST_SUITE_P(Spaces, RefusedLineTest,
                         testing::Values(RefusedLine{"GET  / HTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"GET /  HTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"GET / HTTP/1.1 " WITH_HOST, 400},
                                         RefusedLine{" GET / HTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"GET\t/ HTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"GET /\tHTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"GET / \tHTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"GET /a b HTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"GET\v/ HTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"GET /\fHTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400}));

INSTANTIATE_TEST_SUITE_P(LineEnds, RefusedLineTest,
                         testing::Values(RefusedLine{"GET / HTTP/1.1\nHost: a\n\n", 400},
                                         RefusedLine{"GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
                                         RefusedLine{"GET / HTTP/1.1\rHost: a\r\n\r\n", 400},
                                         RefusedLine{"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400},
                                         RefusedLine{"GET /\rHTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"\nGET / HTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"\rGET / HTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"\r\n\nGET / HTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"\r\n\rGET / HTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"\r\r\nGET / HTTP/1.1" WITH_HOST, 400}));

INSTANTIATE_TEST_SUITE_P(
    Versions, RefusedLineTest,
    testing::Values(
        RefusedLine{"GET /\r\n", 400}, RefusedLine{"GET /\n", 400}, RefusedLine{"GET / \r\n", 400},
        RefusedLine{"GET\r\n", 400}, RefusedLine{"GET \r\n", 400},
        RefusedLine{"GET / HTTP/0.9\r\n", 505}, RefusedLine{"GET / HTTP/2.0\r\n", 505},
        RefusedLine{"GET / HTTP/3.0\r\n", 505}, RefusedLine{"GET / HTTP/9.9" WITH_HOST, 505},
        RefusedLine{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        RefusedLine{"FETCH / HTTP/2.0\r\n", 505}, RefusedLine{"GET / HTTP/1.10" WITH_HOST, 400},
        RefusedLine{"GET / HTTP/01.1" WITH_HOST, 400}, RefusedLine{"GET / HTTP/1.\r\n", 400},
        RefusedLine{"GET / HTTP/1\r\n", 400}, RefusedLine{"GET / HTTP/\r\n", 400},
        RefusedLine{"GET / HTTP\r\n", 400}, RefusedLine{"GET / HTTP/1,1\r\n", 400},
        RefusedLine{"GET / HTTP/a.1\r\n", 400}, RefusedLine{"GET / HTTP/2.0 \r\n", 400},
        RefusedLine{"GET / HTTP/-1.1\r\n", 400}, RefusedLine{"GET / http/1.1" WITH_HOST, 400},
        RefusedLine{"GET / Http/1.1" WITH_HOST, 400}, RefusedLine{"GET / RTSP/1.0" WITH_HOST, 400},
        RefusedLine{"SOURCE / ICE/1.0" WITH_HOST, 400},
        RefusedLine{"GET / FTP/1.1" WITH_HOST, 400}));

INSTANTIATE_TEST_SUITE_P(
    Methods, RefusedLineTest,
    testing::Values(
        RefusedLine{"BREW / HTTP/1.1" WITH_HOST, 501}, RefusedLine{"FOO /a HTTP/1.1\r\n", 501},
        RefusedLine{"F / HTTP/1.0\r\n", 501}, RefusedLine{"get / HTTP/1.1" WITH_HOST, 501},
        RefusedLine{"GETX / HTTP/1.1" WITH_HOST, 501}, RefusedLine{"GE / HTTP/1.1" WITH_HOST, 501},
        RefusedLine{"!#$%&'*+-.^_`|~ / HTTP/1.1" WITH_HOST, 501},
        RefusedLine{"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / HTTP/1.1" WITH_HOST, 501},
        RefusedLine{"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1" WITH_HOST, 501},
        // llhttp knows these, but not as methods of HTTP/1.1.
        RefusedLine{"PRI * HTTP/1.1" WITH_HOST, 501}, RefusedLine{"PRI /a HTTP/1.1" WITH_HOST, 501},
        RefusedLine{"PLAY / HTTP/1.1" WITH_HOST, 501},
        RefusedLine{"DESCRIBE / HTTP/1.1" WITH_HOST, 501},
        // Not requests at all.
        RefusedLine{"FOO\r\n", 400}, RefusedLine{"FOO /\r\n", 400},
        RefusedLine{"FOO / HTTP/1.1\n", 400}, RefusedLine{"G(T / HTTP/1.1\r\n", 400},
        RefusedLine{"GET( / HTTP/1.1\r\n", 400}, RefusedLine{"\"GET\" / HTTP/1.1", 400},
        RefusedLine{"G\xc3\x8aT / HTTP/1.1\r\n", 400}, RefusedLine{": / HTTP/1.1\r\n", 400},
        RefusedLine{"SSH-2.0-OpenSSH_9.2\r\n", 400}, RefusedLine{"\x16\x03\x01\x02", 400},
        RefusedLine{"GET@", 400}));

INSTANTIATE_TEST_SUITE_P(Targets, RefusedLineTest,
                         testing::Values(RefusedLine{"GET foo HTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"GET ?a HTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"GET /a#b HTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"GET /?a#b HTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"GET # HTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"GET http://a#b HTTP/1.1" WITH_HOST, 400},
                                         RefusedLine{"GET :// HTTP/1.1" WITH_HOST, 400}));

// Every byte that may not stand in a target, in its path and in its query.
TEST(RequestTarget, HoldsVisibleAsciiWithoutNumberSignAndBackslashOnly) {
  for (const std::string_view before : {"/a", "/?a", "http://a/"}) {
    for (int c = 0; c < 256; ++c) {
      std::string request = "GET " + std::string(before) + static_cast<char>(c) + "b HTTP/1.1\r\n";
      const ParseOutcome outcome = parse(request + "Host: a\r\n\r\n");
      const bool allowed = c > 0x20 && c < 0x7f && c != '#' && c != '\\';
      EXPECT_EQ(outcome.state, allowed ? State::kMessageComplete : State::kInvalid)
          << printable(request);
      EXPECT_EQ(outcome.error_status, allowed ? 0 : 400) << printable(request);
    }
  }
}

TEST(RequestMethod, HoldsTokenCharactersOnly) {
  constexpr std::string_view kDelimiters = "\"(),/:;<=>?@[\\]{}";
  for (int c = 0; c < 256; ++c) {
    if (c == ' ') {
      continue;
    }
    const std::string request = std::string("X") + static_cast<char>(c) + " / HTTP/1.1\r\n";
    const bool token =
        c > 0x20 && c < 0x7f && kDelimiters.find(static_cast<char>(c)) == std::string_view::npos;
    EXPECT_EQ(parse(request).error_status, token ? 501 : 400) << printable(request);
  }
}

TEST(EmptyLines, AreSkippedBeforeTheRequestLine) {
  for (const std::string_view empty : {"\r\n", "\r\n\r\n", "\r\n\r\n\r\n\r\n\r\n"}) {
    const std::string request = std::string(empty) + "GET /a HTTP/1.1\r\n" + std::string(kRest);
    const ParseOutcome outcome = parse(request);
    ASSERT_EQ(outcome.state, State::kMessageComplete) << outcome;
    EXPECT_EQ(outcome.consumed, request.size());
    EXPECT_EQ(outcome.method_name, "GET");
    EXPECT_EQ(outcome.target, "/a");
    EXPECT_EQ(outcome.fields.at(0).second, "example.org");
  }
}

TEST(EmptyLines, DoNotStartARequest) {
  EXPECT_FALSE(parse("").started);
  EXPECT_FALSE(parse("\r\n").started);
  EXPECT_FALSE(parse("\r\n\r\n\r").started);
  EXPECT_EQ(parse("\r\n\r\n\r").state, State::kNeedMore);
  EXPECT_TRUE(parse("\r\n\r\nG").started);
  EXPECT_EQ(parse("G").state, State::kNeedMore);
}

TEST(EmptyLines, CountAsBytesOfTheHead) {
  std::string empty;
  for (int i = 0; i < 50; ++i) {
    empty += "\r\n";
  }
  const ParseOutcome outcome = parse(empty, {.head_bytes = 100});
  EXPECT_EQ(outcome.state, State::kInvalid);
  EXPECT_EQ(outcome.error_status, 431);
}

// What llhttp would refuse as well is refused here already.
TEST(RequestLine, IsStrictByItself) {
  for (const std::string_view line : {" / HTTP/1.1\r\n", "GET  HTTP/1.1\r\n", "GET  / HTTP/1.1\r\n",
                                      "GET /  HTTP/1.1\r\n", "GET /\r\n", "GET\r\n", "\n"}) {
    RequestLine scanner;
    EXPECT_EQ(scanner.scan(line, 100).error_status, 400) << printable(line);
    EXPECT_FALSE(scanner.complete());
  }
  RequestLine scanner;
  const auto [accepted, error_status] = scanner.scan("\r\nGET /a HTTP/1.1\r\nHost: a\r\n", 100);
  EXPECT_EQ(accepted, 19u);
  EXPECT_EQ(error_status, 0);
  EXPECT_TRUE(scanner.complete());
  EXPECT_EQ(scanner.begin(), 2u);
  EXPECT_EQ(scanner.target().begin, 6u);
  EXPECT_EQ(scanner.target().length, 2u);
}

TEST(RequestLine, EveryPrefixNeedsMore) {
  const std::string request = "GET /a?b HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
  for (size_t length = 0; length < request.size(); ++length) {
    const ParseOutcome outcome = parse(request.substr(0, length));
    EXPECT_EQ(outcome.state, State::kNeedMore) << length;
    EXPECT_EQ(outcome.consumed, length);
    EXPECT_EQ(outcome.started, length > 0);
  }
}

}  // namespace
}  // namespace sluice::http
