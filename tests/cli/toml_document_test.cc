// Values and where they are; what is no TOML.
#include "cli/toml_document.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/random.h"

namespace sluice::cli {
namespace {

using testing_support::Random;
using Kind = TomlValue::Kind;

std::string text_of(Position position) {
  return std::to_string(position.line) + ":" + std::to_string(position.column);
}

TEST(TomlDocumentTest, EntriesAreInTheOrderOfTheText) {
  const auto top = parse_toml("b = 1\n[z]\n[a]\nd = 1\nc = { y = 1, x = 2 }\n");
  ASSERT_TRUE(top);
  ASSERT_EQ(top->entries.size(), 3u);
  EXPECT_EQ(top->entries[0].key, "b");
  EXPECT_EQ(top->entries[1].key, "z");
  EXPECT_EQ(top->entries[2].key, "a");
  const TomlValue& a = top->entries[2].value;
  ASSERT_EQ(a.entries.size(), 2u);
  EXPECT_EQ(a.entries[0].key, "d");
  EXPECT_EQ(a.entries[1].value.entries[0].key, "y");
}

TEST(TomlDocumentTest, ValuesKnowWhatAndWhereTheyAre) {
  struct Case {
    const char* text;
    const char* position;
    const char* description;
  };
  const Case cases[] = {
      {"a = \"yes\"", "1:5", "the string \"yes\""},
      {"\n  a = 'x'", "2:7", "the string \"x\""},
      {"a = -3", "1:5", "the number -3"},
      {"a = 0x10", "1:5", "the number 16"},
      {"a = true", "1:5", "true"},
      {"a = false", "1:5", "false"},
      {"a = [1]", "1:5", "an array"},
      {"a = {}", "1:5", "a table"},
      {"[a]", "1:1", "a table"},
      {"\n[[a]]", "2:1", "an array"},
      {"a = 1.5", "1:5", "a number with a fraction"},
      {"a = nan", "1:5", "a number with a fraction"},
      {"a = 1979-05-27", "1:5", "a date or a time"},
      {"a = 07:32:00", "1:5", "a date or a time"},
      {"a = 1979-05-27T07:32:00Z", "1:5", "a date or a time"},
      {"\xEF\xBB\xBF"
       "a = 1",
       "1:5", "the number 1"},  // a byte order mark
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const auto top = parse_toml(c.text);
    ASSERT_TRUE(top);
    ASSERT_EQ(top->entries.size(), 1u);
    EXPECT_EQ(text_of(top->entries[0].value.position), c.position);
    EXPECT_EQ(describe(top->entries[0].value), c.description);
  }
}

TEST(TomlDocumentTest, LongStringsAreDescribedByTheirBeginning) {
  TomlValue value;
  value.kind = Kind::kString;
  value.text = std::string(60, 'a');
  EXPECT_EQ(describe(value), "the string \"" + value.text + "\"");
  value.text = std::string(59, 'a') + "\xC3\xA9";  // its last character begins at byte 59
  EXPECT_EQ(describe(value), "the string \"" + std::string(59, 'a') + "...\"");
}

TEST(TomlDocumentTest, ColumnsAreCountedInCharacters) {
  const auto top = parse_toml("\"\xC3\xA9\" = { \"\xE2\x82\xAC\" = 1 }");
  ASSERT_TRUE(top);
  EXPECT_EQ(text_of(top->entries[0].value.entries[0].position), "1:9");
}

TEST(TomlDocumentTest, AMistakeHasItsPosition) {
  struct Case {
    std::string_view text;
    const char* position;
    const char* mention;
  };
  const Case cases[] = {
      {"a = \n", "1:5", "expected value"},
      {"a", "1:2", "end-of-file"},
      {"a = yes\n", "1:5", "value"},
      {"a = 1\na = 2\n", "2:5", "redefine"},
      {"[a]\n[a]\n", "2:1", "redefine"},
      {"a = 1 b = 2\n", "1:7", "'b'"},
      {"a = \"x\n", "1:7", "control characters"},
      {"a = [1,\n", "1:9", "end-of-file"},
      {"[a\n", "1:3", "']'"},
      {"[=]\n", "1:2", "'='"},
      {"[[ .a]]\n", "1:4", "'.'"},
      {"[\na]\n", "1:2", "\\n"},
      {"a = 99999999999999999999\n", "1:25", "64 bits"},
      {"a = \"\xFF\"\n", "1:5", "utf-8"},
      {"[[a]]\n[a]\n", "2:1", "redefine"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const auto top = parse_toml(c.text);
    ASSERT_FALSE(top);
    EXPECT_EQ(text_of(top.error().position), c.position) << top.error().message;
    EXPECT_TRUE(top.error().message.starts_with("this is no TOML: "));
    EXPECT_NE(top.error().message.find(c.mention), std::string::npos) << top.error().message;
  }
}

std::string repeated(std::string_view text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST(TomlDocumentTest, DepthHasABound) {
  EXPECT_TRUE(parse_toml("a.b.c.d.e.f.g.h.i = 1\n"));
  EXPECT_TRUE(parse_toml("[a.b.c.d.e.f.g.h.i]\na.b.c.d.e.f.g.h.i = 1\n"));
  const std::string deep[] = {
      repeated("a.", 9) + "a = 1\n",
      repeated("a.", 400'000) + "a = 1\n",
      "[" + repeated("a . ", 200'000) + "a]\n",
      "[[" + repeated("'a'.", 200'000) + "a]]\n",
      "x = { " + repeated("\"a.\\\"\".", 100'000) + "a = 1 }\n",
      "x = \"\"\"\"\"\"\"\"\n" + repeated("a.", 400'000) + "a = 1\n",
      "x = \"\"\"a\"\"\"\"\", \"" + repeated("a.", 400'000) + "a = 1\n",
      "x = " + repeated("[", 400'000),
      "x = " + repeated("{a=", 300'000),
      "x = " + repeated("[[{a.a.a.a.a.a.a.a=", 50'000),
  };
  for (const std::string& text : deep) {
    SCOPED_TRACE(text.substr(0, 20));
    EXPECT_FALSE(parse_toml(text));
  }
  const auto top = parse_toml("# \xC3\xA9\n\"\xC3\xA9\"" + repeated(".a", 9) + " = 1\n");
  ASSERT_FALSE(top);
  EXPECT_EQ(text_of(top.error().position), "2:20");
  EXPECT_EQ(top.error().message, "a key has too many parts");
}

TEST(TomlDocumentTest, DotsInsideOfTextsAndCommentsDoNotCount) {
  const std::string dots(50, '.');
  const std::string texts[] = {
      "# " + dots + "\na = 1\n",
      "a = \"\\\"" + dots + "\"\n",
      "a = '\\' # " + dots + "\n",
      "a = '" + dots + "'\n",
      "a = \"\"\"\n\"" + dots + "\n" + dots + "\"\"\"\n",
      "a = '''\n''" + dots + "\n" + dots + "'''''\n",
      "\"" + dots + "\" = 1\n",
      "a = [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5]\n",
  };
  for (const std::string& text : texts) EXPECT_TRUE(parse_toml(text)) << text;
}

TEST(TomlDocumentTest, OtherCharactersAreForStringsAndComments) {
  const std::string right[] = {
      "# \xC3\xA9\n",
      "a = \"\xC3\xA9\"\n",
      "a = '\xC3\xA9'\n",
      "\"\xC3\xA9\" = 1\n",
      "a = \"\"\"\\\n  a \xC3\xA9\"\"\"\n",
      "a = \'\'\'\\\n\xC3\xA9\'\'\'\n",
      "a = \"\"\"\n\xC3\xA9\"\"\"\n",
  };
  for (const std::string& text : right) EXPECT_TRUE(parse_toml(text)) << text;
  const struct {
    const char* text;
    const char* position;
  } wrong[] = {
      {"\xC3\xA9 = 1\n", "1:1"},
      {"a = 1 \xC2\xA0\n", "1:7"},
      {"\n[\xC3\xA9]\n", "2:2"},
      {"a = \"\xC3\xA9\" \xC3\xA9\n", "1:9"},
      {"a = \"\"\"\\\n  \xC3\xA9\"\"\"\n", "2:3"},
      {"a = \"\"\"\\\xC3\xA9\"\"\"\n", "1:9"},
      {"\xEF\xBB\xBF\xC3\xA9\n", "1:1"},
  };
  for (const auto& [text, position] : wrong) {
    SCOPED_TRACE(text);
    const auto top = parse_toml(text);
    ASSERT_FALSE(top);
    EXPECT_EQ(text_of(top.error().position), position) << top.error().message;
    EXPECT_NE(top.error().message.find("ASCII"), std::string::npos);
  }
}

TEST(TomlDocumentTest, SizeHasABound) {
  EXPECT_TRUE(parse_toml(std::string(kMostTomlBytes, '\n')));
  const auto top = parse_toml(std::string(kMostTomlBytes + 1, '\n'));
  ASSERT_FALSE(top);
  EXPECT_EQ(text_of(top.error().position), "1:1");
  EXPECT_EQ(top.error().message, "the text has 1048577 bytes; up to 1048576 are allowed");
}

TEST(TomlDocumentTest, AnythingIsReadOrRefused) {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::string text;
    const size_t parts = random.between(1, 30);
    for (size_t i = 0; i < parts; ++i) {
      text += random.pick<std::string_view>({"[",   "]",    "[[",      "]]",    "{",  "}", "=",
                                             ".",   ",",    "\n",      "#",     "\"", "'", "\"\"\"",
                                             "'''", "a",    "b = 1\n", "[a]\n", "\\", "1", "-",
                                             ":",   "true", "\xC3",    "\xA9",  " "});
    }
    const auto top = parse_toml(text);
    if (top) continue;
    EXPECT_GE(top.error().position, Position{}) << text;
  }
}

}  // namespace
}  // namespace sluice::cli
