// Percent-encoding: RFC 3986 §2.1.
#include "http/percent_encoding.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace sluice::http {
namespace {

std::string encoded(std::string_view bytes, bool (*is_kept)(char)) {
  std::string out;
  percent_encode(bytes, is_kept, [&out](char c) { out += c; });
  return out;
}

TEST(PercentEncoding, KeepsWhatItIsTold) {
  const struct {
    std::string_view bytes;
    bool (*is_kept)(char);
    std::string_view expected;
  } cases[] = {
      {"", is_unreserved_char, ""},
      {"aZ09-._~", is_unreserved_char, "aZ09-._~"},
      {"a/b", is_unreserved_char, "a%2Fb"},
      {"a/b", is_location_char, "a%2Fb"},
      {"a/b", is_location_path_char, "a/b"},
      {"a:@!$&()*+,;=", is_location_path_char, "a:@!$&()*+,;="},
      {"a:@!$&()*+,;=", is_unreserved_char, "a%3A%40%21%24%26%28%29%2A%2B%2C%3B%3D"},
      {" \"'<>\\?#%", is_location_path_char, "%20%22%27%3C%3E%5C%3F%23%25"},
      {"\xc3\xa4\r\n\x7f", is_location_path_char, "%C3%A4%0D%0A%7F"},
      {std::string_view("\0", 1), is_unreserved_char, "%00"},
  };
  for (const auto& [bytes, is_kept, expected] : cases) {
    EXPECT_EQ(encoded(bytes, is_kept), expected) << testing::PrintToString(bytes);
  }
}

TEST(PercentEncoding, IsUndone) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const std::string escape = encoded({&c, 1}, [](char) { return false; });
    ASSERT_EQ(escape.size(), kEscapeSize);
    EXPECT_EQ(decode_escape(escape), c) << escape;
    EXPECT_EQ(decode_escape(escape + "41"), c) << "what follows is no part of " << escape;
  }
}

TEST(PercentEncoding, IsReadInAnyCase) {
  EXPECT_EQ(decode_escape("%c3"), '\xc3');
  EXPECT_EQ(decode_escape("%Ef"), '\xef');
  EXPECT_EQ(decode_escape("%aB"), '\xab');
}

TEST(PercentEncoding, IsTwoDigitsAfterAPercentSign) {
  for (const std::string_view text : {"", "%", "%4", "%g1", "%1g", "% 1", "%+1", "%-1", "%%41",
                                      "41", "a%41", "%u41", "%\xc3\xa4"}) {
    EXPECT_EQ(decode_escape(text), std::nullopt) << text;
  }
  // No further than the end of the text, whatever comes behind it.
  EXPECT_EQ(decode_escape(std::string_view("%41", 2)), std::nullopt);
}

}  // namespace
}  // namespace sluice::http
