// Fields, Host, Connection and the framing fields: RFC 9110 §5 and §7.2, RFC 9112 §5, §6, §9.3.
#include <gtest/gtest.h>

#include <string>

#include "http/parse_harness.h"

namespace sluice::http {
namespace {

using State = RequestParser::State;
using std::string_view_literals::operator""sv;

// A request with these field lines after a valid Host.
std::string with_fields(std::string_view fields, std::string_view version = "1.1") {
  return "GET / HTTP/" + std::string(version) + "\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

TEST(RequestFields, AreReadInOrder) {
  const ParseOutcome outcome = parse(
      "GET / HTTP/1.1\r\nHost: a:80\r\nAccept:*/*\r\naccept: \t text/html, */*;q=0.1 \t \r\n"
      "X-Empty:\r\nX-Blank:  \t \r\nX-Obs: \xe4\xff\r\n!#$%&'*+-.^_`|~09az: b c\td\r\n\r\n");
  ASSERT_EQ(outcome.state, State::kMessageComplete) << outcome;
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"Host", "a:80"}, {"Accept", "*/*"},     {"accept", "text/html, */*;q=0.1"}, {"X-Empty", ""},
      {"X-Blank", ""},  {"X-Obs", "\xe4\xff"}, {"!#$%&'*+-.^_`|~09az", "b c\td"}};
  EXPECT_EQ(outcome.fields, expected);
}

TEST(RequestFields, FindIgnoresCaseAndTakesTheFirst) {
  const std::string_view bytes =
      "GET / HTTP/1.1\r\nHOST: a\r\nRange: bytes=0-1 \r\nrange: bytes=2-3\r\nX: \r\n\r\n";
  RequestParser parser({});
  ASSERT_EQ(parser.parse_head(bytes).state, State::kHeadComplete);
  const RequestHead head = parser.head(bytes.data());
  EXPECT_EQ(head.find("Host"), "a");
  EXPECT_EQ(head.find("host"), "a");
  EXPECT_EQ(head.find("RANGE"), "bytes=0-1");
  EXPECT_EQ(head.find("X"), "");
  EXPECT_EQ(head.find("Rang"), std::nullopt);
  EXPECT_EQ(head.find("If-Range"), std::nullopt);
}

TEST(RequestFields, InPlaceViewsPointIntoTheBytes) {
  const std::string bytes = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
  RequestParser parser({});
  ASSERT_EQ(parser.parse_head(bytes).state, State::kHeadComplete);
  const RequestHead head = parser.head(bytes.data());
  EXPECT_EQ(head.target().data(), bytes.data() + 4);
  EXPECT_EQ(head.field(0).value.data(), bytes.data() + 23);
}

class MalformedFieldTest : public testing::TestWithParam<std::string_view> {};

TEST_P(MalformedFieldTest, Is400) {
  const ParseOutcome outcome = parse(with_fields(GetParam()));
  EXPECT_EQ(outcome.state, State::kInvalid) << printable(GetParam());
  EXPECT_EQ(outcome.error_status, 400) << printable(GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Names, MalformedFieldTest,
    testing::Values("A : b\r\n", "A\t: b\r\n", "Connection : close\r\n", "Content-Length : 1\r\n",
                    "Transfer-Encoding : chunked\r\n", "Transfer-Encoding\v: chunked\r\n",
                    "Upgrade : a\r\n", ": b\r\n", " A: b\r\n", "A\r\n", "A b: c\r\n", "A(b): c\r\n",
                    "A\xc3\xa4: c\r\n", "\"A\": c\r\n", "A\r\n: b\r\n"));

INSTANTIATE_TEST_SUITE_P(Folding, MalformedFieldTest,
                         testing::Values("A: b\r\n c\r\n", "A: b\r\n\tc\r\n", "A:\r\n c\r\n",
                                         "A: b\r\n \r\n", "Connection: close\r\n , a\r\n",
                                         "Connection:\r\n close\r\n", "Content-Length: 1\r\n 2\r\n",
                                         "Content-Length:\r\n 2\r\n",
                                         "Transfer-Encoding:\r\n chunked\r\n",
                                         "Transfer-Encoding: chunked\r\n a\r\n"));

INSTANTIATE_TEST_SUITE_P(LineEnds, MalformedFieldTest,
                         testing::Values("A: b\n", "A: b\nC: d\r\n", "A: b\rC: d\r\n", "A: b\r\r\n",
                                         "A:\n", "A: \rb\r\n", "\n", "\rX", "A: b\r\n\n",
                                         "Connection: a\n", "Connection: close\n",
                                         "Content-Length: 1\n", "Transfer-Encoding: chunked\n",
                                         "Transfer-Encoding: chunked\r \r\n", "Upgrade: a\n"));

// Every byte in the values of an ordinary field and of those that llhttp reads in its own way.
TEST(RequestFields, ValuesHoldNoControlCharacters) {
  for (const std::string_view name : {"A", "Connection", "Upgrade", "Proxy-Connection"}) {
    for (const std::string_view before : {"", "x", "close", "keep-alive, "}) {
      for (int c = 0; c < 256; ++c) {
        const std::string field =
            std::string(name) + ": " + std::string(before) + static_cast<char>(c) + "y\r\n";
        const bool allowed = c == '\t' || (c >= 0x20 && c != 0x7f);
        EXPECT_EQ(parse(with_fields(field)).error_status, allowed ? 0 : 400) << printable(field);
      }
    }
  }
}

TEST(RequestFields, NamesHoldTokenCharactersOnly) {
  constexpr std::string_view kDelimiters = "\"(),/:;<=>?@[\\]{}";
  for (int c = 0; c < 256; ++c) {
    const std::string field = std::string("X") + static_cast<char>(c) + "Y: z\r\n";
    const bool token =
        c > 0x20 && c < 0x7f && kDelimiters.find(static_cast<char>(c)) == std::string_view::npos;
    EXPECT_EQ(parse(with_fields(field)).error_status, token || c == ':' ? 0 : 400)
        << printable(field);
  }
}

struct HostCase {
  std::string_view fields;
  int status_1_1;
  int status_1_0;
};

class HostTest : public testing::TestWithParam<HostCase> {};

TEST_P(HostTest, IsJudged) {
  const std::string rest = "\r\n" + std::string(GetParam().fields) + "\r\n";
  EXPECT_EQ(parse("GET / HTTP/1.1" + rest).error_status, GetParam().status_1_1) << printable(rest);
  EXPECT_EQ(parse("GET / HTTP/1.0" + rest).error_status, GetParam().status_1_0) << printable(rest);
}

INSTANTIATE_TEST_SUITE_P(
    Host, HostTest,
    testing::Values(HostCase{"", 400, 0}, HostCase{"X-Host: a\r\n", 400, 0},
                    HostCase{"Hosts: a\r\n", 400, 0}, HostCase{"Host: a\r\n", 0, 0},
                    HostCase{"hOST:a \t\r\n", 0, 0}, HostCase{"Host:\r\n", 400, 400},
                    HostCase{"Host: \r\n", 400, 400}, HostCase{"Host: a\r\nHost: a\r\n", 400, 400},
                    HostCase{"Host: a\r\nA: b\r\nhost: c\r\n", 400, 400},
                    HostCase{"Host:\r\nHost: a\r\n", 400, 400},
                    HostCase{"Host: a, b\r\n", 400, 400}, HostCase{"Host: a b\r\n", 400, 400},
                    HostCase{"Host: u@a\r\n", 400, 400}, HostCase{"Host: a/b\r\n", 400, 400},
                    HostCase{"Host: [::1]:80\r\n", 0, 0},
                    HostCase{"Host: \xc3\xa4\r\n", 400, 400}));

// An absolute target does not make up for a missing Host (RFC 9112 §3.2).
TEST(HostOfAbsoluteTarget, IsStillRequired) {
  EXPECT_EQ(parse("GET http://a/ HTTP/1.1\r\n\r\n").error_status, 400);
  EXPECT_EQ(parse("GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n").error_status, 0);
}

struct PersistenceCase {
  std::string_view fields;
  bool keep_alive_1_1;
  bool keep_alive_1_0;
};

class PersistenceTest : public testing::TestWithParam<PersistenceCase> {};

TEST_P(PersistenceTest, FollowsConnection) {
  const ParseOutcome newer = parse(with_fields(GetParam().fields));
  const ParseOutcome older = parse(with_fields(GetParam().fields, "1.0"));
  ASSERT_EQ(newer.state, State::kMessageComplete) << newer;
  ASSERT_EQ(older.state, State::kMessageComplete) << older;
  EXPECT_EQ(newer.keep_alive, GetParam().keep_alive_1_1) << printable(GetParam().fields);
  EXPECT_EQ(older.keep_alive, GetParam().keep_alive_1_0) << printable(GetParam().fields);
}

INSTANTIATE_TEST_SUITE_P(
    Connection, PersistenceTest,
    testing::Values(
        PersistenceCase{"", true, false}, PersistenceCase{"Connection: close\r\n", false, false},
        PersistenceCase{"Connection: keep-alive\r\n", true, true},
        PersistenceCase{"connection: Keep-Alive\r\n", true, true},
        PersistenceCase{"CONNECTION:CLOSE\t \r\n", false, false},
        PersistenceCase{"Connection: a, close\r\n", false, false},
        PersistenceCase{"Connection: a ,\tclose , b\r\n", false, false},
        PersistenceCase{"Connection: ,,close,\r\n", false, false},
        PersistenceCase{"Connection: a\r\nConnection: close\r\n", false, false},
        PersistenceCase{"Connection: a\r\nConnection: keep-alive\r\n", true, true},
        PersistenceCase{"Connection: keep-alive, close\r\n", false, false},
        PersistenceCase{"Connection: close\r\nConnection: keep-alive\r\n", false, false},
        PersistenceCase{"Connection: closed\r\n", true, false},
        PersistenceCase{"Connection: xclose\r\n", true, false},
        PersistenceCase{"Connection: clo se\r\n", true, false},
        PersistenceCase{"Connection: close x\r\n", true, false},
        PersistenceCase{"Connection: keep-alivekeep-alive\r\n", true, false},
        PersistenceCase{"Connection: keep-alive      x\r\n", true, false},
        PersistenceCase{"Connection: keep-alive                               \r\n", true, true},
        PersistenceCase{"Connection:\r\n", true, false},
        PersistenceCase{"Connection: a-long-option-that-ends-in-close, b\r\n", true, false},
        // Not the field that it is often taken for.
        PersistenceCase{"Proxy-Connection: close\r\n", true, false},
        PersistenceCase{"Proxy-Connection: keep-alive\r\n", true, false},
        PersistenceCase{"Connection: upgrade\r\nUpgrade: h2c\r\n", true, false}));

struct FramingCase {
  std::string_view fields;
  int status;
  bool has_body;
};

class FramingTest : public testing::TestWithParam<FramingCase> {};

TEST_P(FramingTest, IsUnambiguousOrRefused) {
  const ParseOutcome outcome = parse(with_fields(GetParam().fields));
  EXPECT_EQ(outcome.error_status, GetParam().status) << printable(GetParam().fields);
  EXPECT_EQ(outcome.head_complete, GetParam().status == 0) << printable(GetParam().fields);
  EXPECT_EQ(outcome.has_body, GetParam().has_body) << printable(GetParam().fields);
  if (GetParam().status == 0) {
    EXPECT_EQ(outcome.state, GetParam().has_body ? State::kNeedMore : State::kMessageComplete);
  }
}

INSTANTIATE_TEST_SUITE_P(
    ContentLength, FramingTest,
    testing::Values(FramingCase{"", 0, false}, FramingCase{"Content-Length: 0\r\n", 0, false},
                    FramingCase{"Content-Length: 00\r\n", 0, false},
                    FramingCase{"Content-Length: 5\r\n", 0, true},
                    FramingCase{"content-length:005 \r\n", 0, true},
                    FramingCase{"Content-Length: 18446744073709551615\r\n", 0, true},
                    FramingCase{"Content-Length: 18446744073709551616\r\n", 400, false},
                    FramingCase{"Content-Length: 99999999999999999999999\r\n", 400, false},
                    FramingCase{"Content-Length:\r\n", 400, false},
                    FramingCase{"Content-Length:  \r\n", 400, false},
                    FramingCase{"Content-Length: +5\r\n", 400, false},
                    FramingCase{"Content-Length: -5\r\n", 400, false},
                    FramingCase{"Content-Length: 0x5\r\n", 400, false},
                    FramingCase{"Content-Length: 5a\r\n", 400, false},
                    FramingCase{"Content-Length: 5.0\r\n", 400, false},
                    FramingCase{"Content-Length: 5 5\r\n", 400, false},
                    FramingCase{"Content-Length: 5,5\r\n", 400, false},
                    FramingCase{"Content-Length: 5, 6\r\n", 400, false},
                    FramingCase{"Content-Length: \"5\"\r\n", 400, false},
                    FramingCase{"Content-Length: 5;\r\n", 400, false},
                    FramingCase{"Content-Length: \v5\r\n", 400, false},
                    // Allowed by the grammar, refused by llhttp.
                    FramingCase{"Content-Length: 5\t\r\n", 400, false},
                    FramingCase{"Content-Length: 5\r\nContent-Length: 5\r\n", 400, false},
                    FramingCase{"Content-Length: 0\r\nContent-Length: 0\r\n", 400, false},
                    FramingCase{"Content-Length: 0\r\nA: b\r\nContent-Length: 5\r\n", 400, false},
                    FramingCase{"Content-Length\0: 5\r\n"sv, 400, false}));

INSTANTIATE_TEST_SUITE_P(
    TransferEncoding, FramingTest,
    testing::Values(
        FramingCase{"Transfer-Encoding: chunked\r\n", 0, true},
        FramingCase{"transfer-encoding:Chunked  \r\n", 0, true},
        // Allowed by the grammar, refused because llhttp reads it as another coding.
        FramingCase{"Transfer-Encoding: chunked\t\r\n", 400, false},
        FramingCase{"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400, false},
        FramingCase{"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400, false},
        FramingCase{"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", 400, false},
        FramingCase{"Content-Length: 5\r\nTransfer-Encoding: gzip\r\n", 400, false},
        FramingCase{"Transfer-Encoding:\r\nContent-Length: 5\r\n", 400, false},
        FramingCase{"Content-Length: 5\r\nTransfer-Encoding:\r\n", 400, false},
        FramingCase{"Transfer-Encoding:\r\n", 400, false},
        FramingCase{"Transfer-Encoding: ,\r\n", 400, false},
        FramingCase{"Transfer-Encoding: ,chunked\r\n", 400, false},
        FramingCase{"Transfer-Encoding: chunked,\r\n", 400, false},
        FramingCase{"Transfer-Encoding: chunked, chunked\r\n", 400, false},
        FramingCase{"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400, false},
        FramingCase{"Transfer-Encoding: chunked, gzip\r\n", 400, false},
        FramingCase{"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n", 400, false},
        FramingCase{"Transfer-Encoding: chunked;a=b\r\n", 400, false},
        FramingCase{"Transfer-Encoding: \"chunked\"\r\n", 400, false},
        FramingCase{"Transfer-Encoding: x chunked\r\n", 400, false},
        FramingCase{"Transfer-Encoding: chunked x\r\n", 400, false},
        FramingCase{"Transfer-Encoding: \vchunked\r\n", 400, false},
        FramingCase{"Transfer-Encoding: @\r\n", 400, false},
        FramingCase{"Transfer-Encoding: gzip\r\n", 501, false},
        FramingCase{"Transfer-Encoding: identity\r\n", 501, false},
        FramingCase{"Transfer-Encoding: gzip;level=9\r\n", 501, false},
        FramingCase{"Transfer-Encoding: gzip, chunked\r\n", 501, false},
        FramingCase{"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", 501, false},
        FramingCase{"Transfer-Encoding: xchunked\r\n", 501, false},
        FramingCase{"Transfer-Encoding: chunkedchunkedchunked\r\n", 501, false},
        FramingCase{"Transfer-Encoding: a-long-coding-that-ends-in-chunked\r\n", 501, false}));

TEST(TransferEncoding, IsRefusedInHttp10) {
  EXPECT_EQ(parse(with_fields("Transfer-Encoding: chunked\r\n", "1.0")).error_status, 400);
  EXPECT_EQ(parse(with_fields("Transfer-Encoding: gzip\r\n", "1.0")).error_status, 400);
}

}  // namespace
}  // namespace sluice::http
