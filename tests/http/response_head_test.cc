// Response heads: RFC 9112 §4, §5.
#include "http/response_head.h"

#include <gtest/gtest.h>

#include <string>

#include "http/status.h"

namespace sluice::http {
namespace {

TEST(HeadWriter, WritesAHead) {
  char out[256];
  HeadWriter writer(out);
  writer.status_line(200)
      .field("Content-Length", uint64_t{1234})
      .field("Content-Type", "text/html; charset=utf-8")
      .raw("Server: sluice\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n")
      .field("X-Empty", "")
      .end();
  EXPECT_TRUE(writer.ok());
  EXPECT_EQ(writer.view(),
            "HTTP/1.1 200 OK\r\n"
            "Content-Length: 1234\r\n"
            "Content-Type: text/html; charset=utf-8\r\n"
            "Server: sluice\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
            "X-Empty: \r\n"
            "\r\n");
  EXPECT_EQ(writer.view().data(), out);
}

TEST(HeadWriter, WritesNumbers) {
  for (const uint64_t number : {uint64_t{0}, uint64_t{9}, uint64_t{10}, ~uint64_t{0}}) {
    char out[64];
    HeadWriter writer(out);
    writer.field("N", number);
    EXPECT_EQ(writer.view(), "N: " + std::to_string(number) + "\r\n");
  }
}

TEST(HeadWriter, WritesStatusLines) {
  for (const int status : {100, 200, 206, 301, 304, 400, 404, 416, 431, 500, 505, 999}) {
    char out[64];
    HeadWriter writer(out);
    writer.status_line(status);
    EXPECT_EQ(writer.view(), "HTTP/1.1 " + std::to_string(status) + " " +
                                 std::string(reason_phrase(status)) + "\r\n");
  }
}

// Whatever does not fit is left out whole, nothing after it is written, and nothing beyond the end.
TEST(HeadWriter, RemembersOverflow) {
  const std::string full = "HTTP/1.1 404 Not Found\r\nA: 1\r\nB: c\r\nD: e\r\n\r\n";
  for (size_t size = 0; size <= full.size(); ++size) {
    std::string memory(full.size() + 8, '#');
    HeadWriter writer({memory.data(), size});
    writer.status_line(404).field("A", uint64_t{1}).field("B", "c").raw("D: e\r\n").end();
    EXPECT_EQ(writer.ok(), size == full.size());
    EXPECT_TRUE(full.starts_with(writer.view())) << writer.view();
    EXPECT_TRUE(writer.view().empty() || writer.view().ends_with("\r\n"));
    EXPECT_EQ(memory.substr(size), std::string(memory.size() - size, '#'));
  }
  char out[20];
  HeadWriter writer(out);
  writer.raw("0123456789").raw("0123456789-").raw("a");
  EXPECT_FALSE(writer.ok());
  EXPECT_EQ(writer.view(), "0123456789") << "an overflow must last";
}

constexpr std::string_view kSomeHead =
    "HTTP/1.1 200 OK\r\nServer: sluice\r\nVary: Accept\r\nX-Empty: \r\nvary: Origin\r\nETag: "
    "\"a\"\r\n";

TEST(HeadWriter, ErasesFieldsByName) {
  const struct {
    std::string_view name;
    std::string_view rest;
  } cases[] = {
      {"Server", "HTTP/1.1 200 OK\r\nVary: Accept\r\nX-Empty: \r\nvary: Origin\r\nETag: \"a\"\r\n"},
      {"VARY", "HTTP/1.1 200 OK\r\nServer: sluice\r\nX-Empty: \r\nETag: \"a\"\r\n"},
      {"x-empty",
       "HTTP/1.1 200 OK\r\nServer: sluice\r\nVary: Accept\r\nvary: Origin\r\nETag: \"a\"\r\n"},
      {"etag",
       "HTTP/1.1 200 OK\r\nServer: sluice\r\nVary: Accept\r\nX-Empty: \r\nvary: Origin\r\n"},
      {"Var", kSomeHead},
      {"Varys", kSomeHead},
      {"sluice", kSomeHead},
      {"Origin", kSomeHead},
      {"HTTP", kSomeHead},
      {"A-Name-That-Is-Longer-Than-Any-Line", kSomeHead},
      {"X", kSomeHead},
  };
  for (const auto& [name, rest] : cases) {
    char out[256];
    HeadWriter writer(out);
    writer.raw(kSomeHead);
    EXPECT_EQ(writer.erase(name).view(), rest) << name;
    EXPECT_EQ(writer.erase(name).view(), rest) << name;
    // Writing goes on where the rest ends.
    EXPECT_EQ(writer.field("A", "b").end().view(), std::string(rest) + "A: b\r\n\r\n") << name;
    EXPECT_TRUE(writer.ok());
  }
}

TEST(HeadWriter, ErasesFromAnyState) {
  char out[32];
  HeadWriter empty(out);
  EXPECT_EQ(empty.erase("A").view(), "");
  HeadWriter fields_alone(out);
  fields_alone.field("A", "b").field("C", "d").field("a", "e");
  EXPECT_EQ(fields_alone.erase("A").view(), "C: d\r\n");
  HeadWriter ended(out);
  ended.field("A", "b").field("C", "d").end();
  EXPECT_EQ(ended.erase("C").view(), "A: b\r\n\r\n");
  HeadWriter all(out);
  all.field("A", "A: b").field("A", "").field("A", ":");
  EXPECT_EQ(all.erase("A").view(), "");
  EXPECT_TRUE(all.ok());
}

TEST(HeadWriter, MakesRoomByErasing) {
  char out[12];
  HeadWriter writer(out);
  writer.field("A", "b").field("C", "d");
  EXPECT_EQ(writer.erase("A").field("E", "f").view(), "C: d\r\nE: f\r\n");
  EXPECT_TRUE(writer.ok());
  writer.field("G", "h");
  EXPECT_FALSE(writer.erase("C").ok()) << "an overflow must last";
  EXPECT_EQ(writer.field("I", "j").view(), "E: f\r\n");
}

#ifndef NDEBUG
TEST(HeadWriterDeathTest, ErasesNames) {
  char out[64];
  HeadWriter writer(out);
  EXPECT_DEATH(writer.erase(""), "is_field_name");
  EXPECT_DEATH(writer.erase("A:"), "is_field_name");
  EXPECT_DEATH(writer.erase("A b"), "is_field_name");
}

TEST(HeadWriterDeathTest, RefusesLineBreaks) {
  char out[64];
  HeadWriter writer(out);
  EXPECT_DEATH(writer.field("A", "b\r\nC: d"), "is_one_line");
  EXPECT_DEATH(writer.field("A\n", "b"), "is_one_line");
  EXPECT_DEATH(writer.status_line(42), "status");
}
#endif

}  // namespace
}  // namespace sluice::http
