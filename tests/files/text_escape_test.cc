// What others chose, in HTML, JSON and references: RFC 3986 §2, RFC 8259 §7, Unicode §3.9.
#include "files/text_escape.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "http/characters.h"

namespace sluice {
namespace {

using namespace std::string_literals;

std::string html(std::string_view text) {
  std::string out;
  append_html(out, text);
  return out;
}

std::string json(std::string_view text) {
  std::string out;
  append_json(out, text);
  return out;
}

std::string percent(std::string_view bytes) {
  std::string out;
  append_percent_encoded(out, bytes);
  return out;
}

std::string segment(std::string_view bytes) {
  std::string out;
  append_path_segment(out, bytes);
  return out;
}

TEST(HtmlEscapeTest, NothingEndsTextOrAnAttribute) {
  EXPECT_EQ(html(""), "");
  EXPECT_EQ(html("plain name.txt"), "plain name.txt");
  EXPECT_EQ(html("<script>alert('\"&\"')</script>"),
            "&lt;script&gt;alert(&#39;&quot;&amp;&quot;&#39;)&lt;/script&gt;");
  EXPECT_EQ(html("&lt;"), "&amp;lt;");
  EXPECT_EQ(html("\u00e9\u4e2d\U0001F600"), "\u00e9\u4e2d\U0001F600");
}

TEST(HtmlEscapeTest, ControlCharactersAreShown) {
  EXPECT_EQ(html("a\nb"), "a\u240ab");
  EXPECT_EQ(html("\t\r\x1b\x7f"), "\u2409\u240d\u241b\u2421");
  EXPECT_EQ(html("\0"s), "\u2400");
  EXPECT_EQ(html("\u0085"), "\ufffd");  // C1
  EXPECT_EQ(html("\u00a0"), "\u00a0");
}

TEST(JsonEscapeTest, AStringOfRfc8259) {
  EXPECT_EQ(json(""), R"("")");
  EXPECT_EQ(json(R"(a"b\c/d)"), R"("a\"b\\c/d")");
  EXPECT_EQ(json("\n\r\t"), R"("\n\r\t")");
  EXPECT_EQ(json("\x01\x1f\x7f"), "\"\\u0001\\u001F\x7f\"");
  EXPECT_EQ(json("\0"s), R"("\u0000")");
  EXPECT_EQ(json("\u00e9\U0001F600"), "\"\u00e9\U0001F600\"");
}

// Unicode §3.9: one U+FFFD for each maximal subpart of an ill-formed sequence.
TEST(Utf8Test, WhatIsNoUtf8IsReplaced) {
  constexpr std::string_view kOne = "\ufffd";
  const struct {
    std::string_view text;
    int replacements;
    std::string_view rest;
  } cases[] = {
      {"\x80", 1, ""},
      {"\xff\xfe", 2, ""},
      {"\xc0\xaf", 2, ""},             // overlong '/'
      {"\xc1\x81", 2, ""},             // overlong
      {"\xe0\x80\xaf", 3, ""},         // overlong
      {"\xe0\x9f\xbf", 3, ""},         // overlong
      {"\xf0\x80\x80\xaf", 4, ""},     // overlong
      {"\xf0\x8f\xbf\xbf", 4, ""},     // overlong
      {"\xed\xa0\x80", 3, ""},         // surrogate
      {"\xed\xbf\xbf", 3, ""},         // surrogate
      {"\xf4\x90\x80\x80", 4, ""},     // beyond U+10FFFF
      {"\xf5\x80\x80\x80", 4, ""},     // beyond
      {"\xc3", 1, ""},                 // cut off
      {"\xe4\xb8", 1, ""},             // cut off
      {"\xf0\x9f\x98", 1, ""},         // cut off
      {"\xc3(", 1, "("},               // what follows is not taken along
      {"\xe4\xb8<", 1, "&lt;"},        // nor here
      {"\xf0\x9f\x98\"", 1, "&quot;"}  // nor here
  };
  for (const auto& [text, replacements, rest] : cases) {
    SCOPED_TRACE(testing::PrintToString(text));
    std::string expected;
    for (int i = 0; i < replacements; ++i) expected += kOne;
    EXPECT_EQ(html(text), expected + std::string(rest));
  }
  EXPECT_EQ(json("a\xff\"\xc3"), "\"a\ufffd\\\"\ufffd\"");
}

TEST(Utf8Test, TheEndsOfEachRangeAreKept) {
  for (const std::string_view text :
       {"\u00a0", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010FFFF"}) {
    EXPECT_EQ(html(text), text);
    EXPECT_EQ(json(text), '"' + std::string(text) + '"');
  }
}

TEST(PercentEncodingTest, EveryByte) {
  constexpr std::string_view kUnreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const std::string plain(1, c);
    const std::string escape = {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    EXPECT_EQ(percent(plain), kUnreserved.contains(c) ? plain : escape);
    EXPECT_EQ(segment(plain), http::is_location_char(c) ? plain : escape);
  }
}

}  // namespace
}  // namespace sluice
