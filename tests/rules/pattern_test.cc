// Patterns of paths: what <sluice/site.h> says about '?', '*' and '**'.
#include "rules/pattern.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::rules {
namespace {

using Parts = std::vector<std::string_view>;

struct Case {
  std::string_view pattern;
  std::string_view path;
  bool matches;
  Parts captures;
};

const Case kCases[] = {
    // No wildcard.
    {"/", "/", true, {}},
    {"/", "/a", false, {}},
    {"/a", "/a", true, {}},
    {"/a", "/a/", false, {}},
    {"/a", "/ab", false, {}},
    {"/a", "/", false, {}},
    {"/A", "/a", false, {}},
    {"/$1+[x].", "/$1+[x].", true, {}},
    // One byte, never a slash.
    {"/?", "/a", true, {"a"}},
    {"/?", "/", false, {}},
    {"/?", "/ab", false, {}},
    {"/a?b", "/a/b", false, {}},
    {"/a??", "/abc", true, {"b", "c"}},
    {"/?.x", "/a.x", true, {"a"}},
    // Inside a segment.
    {"/*", "/", true, {""}},
    {"/*", "/abc", true, {"abc"}},
    {"/*", "/a/b", false, {}},
    {"/*", "/a/", false, {}},
    {"/*/", "/a/", true, {"a"}},
    {"/a/*/b.html", "/a/x/b.html", true, {"x"}},
    {"/a/*/b.html", "/a/b.html", false, {}},
    {"/a/*/b.html", "/a/x/y/b.html", false, {}},
    {"/a*a", "/a", false, {}},
    {"/a*a", "/aa", true, {""}},
    {"/*-*.js", "/a-b-c.js", true, {"a", "b-c"}},
    {"/*-*-*", "/a-b-c-d", true, {"a", "b", "c-d"}},
    {"/*a*", "/bab", true, {"b", "b"}},
    {"/*.b*.c", "/a.b.b.c", true, {"a", ".b"}},
    // Across segments.
    {"/**", "/", true, {""}},
    {"/**", "/a/b/", true, {"a/b/"}},
    {"/a/**", "/a/", true, {""}},
    {"/a/**", "/a/b", true, {"b"}},
    {"/a/**", "/a/b/c", true, {"b/c"}},
    {"/a/**", "/a", false, {}},
    {"/a/**", "/ab/c", false, {}},
    {"/a**", "/a", true, {""}},
    {"/a**", "/ab/c", true, {"b/c"}},
    {"/a**b", "/a/x/b", true, {"/x/"}},
    {"/a**b", "/ab", true, {""}},
    {"/a**b", "/a/x", false, {}},
    {"/**.js", "/a/b.js", true, {"a/b"}},
    {"/**/", "/", true, {""}},
    {"/**/", "/a/", true, {"a"}},
    {"/**/", "/a", false, {}},
    // Whole segments: "/**/" is also a single slash.
    {"/**/x", "/x", true, {""}},
    {"/**/x", "/a/x", true, {"a"}},
    {"/**/x", "/a/b/x", true, {"a/b"}},
    {"/**/x", "/ax", false, {}},
    {"/**/x", "/x/", false, {}},
    {"/a/**/b", "/a/b", true, {""}},
    {"/a/**/b", "/a/x/y/b", true, {"x/y"}},
    {"/a/**/b", "/a/xb", false, {}},
    {"/a/**/b", "/ab", false, {}},
    {"/a/**/**/b", "/a/b", true, {"", ""}},
    {"/a/**/**/b", "/a/x/b", true, {"", "x"}},
    {"/a/**/b/**", "/a/x/b/y/b/z", true, {"x", "y/b/z"}},
    {"/**/a/*/b", "/a/a/x/b", true, {"a", "x"}},
    {"/**/*.js", "/a/b/c.js", true, {"a/b", "c"}},
    {"/**/*.js", "/c.js", true, {"", "c"}},
    // Each as little as it can, from the left.
    {"/**/*/**", "/a/b/c", true, {"", "a", "b/c"}},
    {"/*?", "/abc", true, {"ab", "c"}},
    {"/?*", "/abc", true, {"a", "bc"}},
    {"/*a**", "/xaya/z", true, {"x", "ya/z"}},
    {"/**a*", "/a/a/b", false, {}},
    {"/**a*", "/a/a/ab", true, {"a/a/", "b"}},
    {"/**a*c", "/a/ab/abc", true, {"a/ab/", "b"}},
    {"/a*/b**c*d", "/ax/byc/cd", true, {"x", "yc/", ""}},
    // Without a slash in front, at any depth; what is put there captures nothing.
    {"*.js", "/a.js", true, {"a"}},
    {"*.js", "/x/y/a.js", true, {"a"}},
    {"*.js", "/x/a.js/b", false, {}},
    {"*.js", "/.js", true, {""}},
    {"a.js", "/a.js", true, {}},
    {"a.js", "/x/a.js", true, {}},
    {"a.js", "/xa.js", false, {}},
    {"a/b", "/x/a/b", true, {}},
    {"a/b", "/a/b", true, {}},
    {"**/x", "/a/b/x", true, {"a/b"}},
    {"**", "/a/b", true, {"a/b"}},
    {"?", "/x/y", true, {"y"}},
    {"?/?", "/x/y/z", true, {"y", "z"}},
    // Bytes, not characters.
    {"/?", "/\xc3\xa4", false, {}},
    {"/??", "/\xc3\xa4", true, {"\xc3", "\xa4"}},
    {"/*", "/\xff\x01\x7f", true, {"\xff\x01\x7f"}},
    {"/a/**", "", false, {}},
};

TEST(Pattern, MatchesAndCaptures) {
  for (const Case& test : kCases) {
    SCOPED_TRACE(std::string(test.pattern) + " on " + std::string(test.path));
    const auto pattern = Pattern::compile(test.pattern);
    ASSERT_TRUE(pattern) << pattern.error();
    EXPECT_EQ(pattern->match(test.path), test.matches);
    Captures captures;
    ASSERT_EQ(pattern->match(test.path, &captures), test.matches);
    if (test.matches) {
      EXPECT_EQ(Parts(captures.parts.begin(), captures.parts.begin() + captures.count),
                test.captures);
      EXPECT_EQ(captures.count, pattern->capture_count());
    }
  }
}

TEST(Pattern, HasItsLiteralEnds) {
  struct Ends {
    std::string_view pattern;
    std::string_view prefix;
    std::string_view suffix;
    size_t min_size;
  };
  for (const Ends& test : {Ends{"/a/b", "/a/b", "", 4}, Ends{"/a/**", "/a/", "", 3},
                           Ends{"*.js", "/", ".js", 4}, Ends{"/a/*/b.html", "/a/", "/b.html", 10},
                           Ends{"/a?b*cd", "/a", "cd", 6}, Ends{"/**/x", "/", "x", 2}}) {
    SCOPED_TRACE(test.pattern);
    const auto pattern = Pattern::compile(test.pattern);
    ASSERT_TRUE(pattern);
    EXPECT_EQ(pattern->literal_prefix(), test.prefix);
    EXPECT_EQ(pattern->literal_suffix(), test.suffix);
    EXPECT_EQ(pattern->min_size(), test.min_size);
  }
}

TEST(Pattern, SaysWhatIsWrong) {
  const std::string long_text = "/" + std::string(kMaxPatternBytes, 'a');
  struct Mistake {
    std::string_view pattern;
    std::string_view said;
  };
  for (const Mistake& test :
       {Mistake{"", "not empty"}, Mistake{"/a***", "'***'"}, Mistake{"****", "'***'"},
        Mistake{"/a\n", "control"}, Mistake{"/\x7f", "control"},
        Mistake{std::string_view("/\0", 2), "control"}, Mistake{"//a", "slashes"},
        Mistake{"a//b", "slashes"}, Mistake{"/??????????", "10 wildcards; 9 are allowed"},
        Mistake{long_text, "1025 bytes; 1024 are allowed"}}) {
    SCOPED_TRACE(test.pattern);
    const auto pattern = Pattern::compile(test.pattern);
    ASSERT_FALSE(pattern);
    EXPECT_TRUE(pattern.error().contains(test.said)) << pattern.error();
  }
}

TEST(Pattern, TakesWhatIsAtTheLimits) {
  EXPECT_TRUE(Pattern::compile("/" + std::string(kMaxPatternBytes - 1, 'a')));
  const auto nine = Pattern::compile("a?*?*?*?*?");
  ASSERT_TRUE(nine);
  Captures captures;
  ASSERT_TRUE(nine->match("/x/a1234567", &captures));
  EXPECT_EQ(captures.count, 9U);
  EXPECT_EQ(captures.parts[8], "7");
}

// A matcher that takes choices back would not come back from these.
TEST(Pattern, TakesNoChoiceBack) {
  const std::string path = "/" + std::string(kMaxPathBytes - 1, 'a');
  for (const std::string_view text : {"/*a*a*a*a*a*a*a*a*b", "/**a**a**a**a**a**a**a**a**b",
                                      "/**a*a**a*a**a*a**a*b**", "a*a*a*a*a*a*a*a*a?b"}) {
    SCOPED_TRACE(text);
    const auto pattern = Pattern::compile(text);
    ASSERT_TRUE(pattern);
    EXPECT_FALSE(pattern->match(path));
  }
  const auto pattern = Pattern::compile("/**a**a**a**a**a**a**a**a**a");
  ASSERT_TRUE(pattern);
  Captures captures;
  ASSERT_TRUE(pattern->match(path, &captures));
  EXPECT_EQ(captures.parts[0], "");
  EXPECT_EQ(captures.parts[8].size(), kMaxPathBytes - 1 - 9);
}

TEST(Pattern, MatchesNoPathThatCannotBe) {
  const auto pattern = Pattern::compile("/*a*");
  ASSERT_TRUE(pattern);
  EXPECT_TRUE(pattern->match("/" + std::string(kMaxPathBytes - 1, 'a')));
  EXPECT_FALSE(pattern->match("/" + std::string(kMaxPathBytes, 'a')));
}

}  // namespace
}  // namespace sluice::rules
