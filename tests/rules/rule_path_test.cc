// Prefixes of paths, and what is left behind them.
#include "rules/rule_path.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::rules {
namespace {

TEST(RulePath, PrefixEndsWithASegment) {
  struct Case {
    std::string_view prefix;
    std::string_view path;
    bool matches;
    std::string_view rest;
  };
  for (const Case& test :
       {Case{"/docs", "/docs", true, ""}, Case{"/docs", "/docs/", true, "/"},
        Case{"/docs", "/docs/a/b", true, "/a/b"}, Case{"/docs", "/docsx", false, ""},
        Case{"/docs", "/doc", false, ""}, Case{"/docs", "/x/docs", false, ""},
        Case{"/docs/", "/docs", false, ""}, Case{"/docs/", "/docs/", true, "/"},
        Case{"/docs/", "/docs/a", true, "/a"}, Case{"/", "/", true, "/"},
        Case{"/", "/a/b/", true, "/a/b/"}}) {
    SCOPED_TRACE(std::string(test.prefix) + " on " + std::string(test.path));
    const auto path = RulePath::of_prefix(test.prefix);
    ASSERT_TRUE(path) << path.error();
    Captures captures;
    std::string_view rest;
    EXPECT_EQ(path->match(test.path, captures, rest), test.matches);
    EXPECT_EQ(rest, test.rest);
    EXPECT_EQ(captures.count, 0U);
  }
}

TEST(RulePath, PatternLeavesNoRest) {
  const RulePath path = RulePath::of_pattern(*Pattern::compile("/a/*"));
  Captures captures;
  std::string_view rest = "before";
  ASSERT_TRUE(path.match("/a/b", captures, rest));
  EXPECT_EQ(captures.count, 1U);
  EXPECT_EQ(captures.parts[0], "b");
  EXPECT_EQ(rest, "");
}

TEST(RulePath, SaysWhatIsWrongWithAPrefix) {
  struct Mistake {
    std::string prefix;
    std::string_view said;
  };
  for (const Mistake& test :
       {Mistake{"", "no path"}, Mistake{"docs", "no path"}, Mistake{"//a", "no path"},
        Mistake{"/a//b", "no path"}, Mistake{"/a*", "wildcards"}, Mistake{"/a?", "wildcards"},
        Mistake{"/a\t", "control"}, Mistake{"/" + std::string(1024, 'a'), "1024 are allowed"}}) {
    SCOPED_TRACE(test.prefix);
    const auto path = RulePath::of_prefix(test.prefix);
    ASSERT_FALSE(path);
    EXPECT_TRUE(path.error().contains(test.said)) << path.error();
  }
}

}  // namespace
}  // namespace sluice::rules
