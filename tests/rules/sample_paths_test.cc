// Examples of the paths that rules match.
#include "rules/sample_paths.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

namespace sluice::rules {
namespace {

RulePath pattern(std::string_view text) { return RulePath::of_pattern(*Pattern::compile(text)); }

bool contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::ranges::find(texts, text) != texts.end();
}

TEST(SamplePaths, MatchTheirRuleAndDiffer) {
  const std::vector<std::string> words = {"a", "a/word", "word"};
  for (const std::string_view text :
       {"/", "/a/b", "/*", "/**", "/a/*/b", "/?/?", "*.js", "/**/x/**", "/*.*", "/.*", "/*/"}) {
    SCOPED_TRACE(text);
    const RulePath rule = pattern(text);
    const std::vector<std::string> samples = sample_paths(rule, words, 1'000);
    EXPECT_FALSE(samples.empty());
    EXPECT_EQ(std::set(samples.begin(), samples.end()).size(), samples.size());
    for (const std::string& path : samples) {
      EXPECT_TRUE(rule.pattern().match(path)) << path;
      EXPECT_FALSE((path + "/").contains("/./") || (path + "/").contains("/../")) << path;
    }
  }
}

TEST(SamplePaths, FillWildcards) {
  const std::vector<std::string> words = {"one", "one/two"};
  EXPECT_EQ(sample_paths(pattern("/a/*"), words, 10),
            (std::vector<std::string>{"/a/x", "/a/", "/a/y", "/a/one"}));
  EXPECT_EQ(sample_paths(pattern("/a/**"), words, 10),
            (std::vector<std::string>{"/a/x", "/a/", "/a/a/b", "/a/one", "/a/one/two"}));
  EXPECT_EQ(sample_paths(pattern("/**/a"), words, 10),
            (std::vector<std::string>{"/x/a", "/a", "/a/b/a", "/one/a", "/one/two/a"}));
  EXPECT_EQ(sample_paths(*RulePath::of_prefix("/a"), {"w"}, 10),
            (std::vector<std::string>{"/a/x", "/a", "/a/a/b", "/a/", "/a/w"}));
  EXPECT_EQ(sample_paths(*RulePath::of_prefix("/a/"), {"w"}, 10),
            (std::vector<std::string>{"/a/", "/a/x", "/a/a/b", "/a/w"}));
}

TEST(SamplePaths, AreNotMoreThanAskedFor) {
  const RulePath rule = pattern("/*/*/*/*/*/*/*/*/*");
  for (const size_t max_count : {0, 1, 5, 20}) {
    EXPECT_EQ(sample_paths(rule, {"a", "b", "c"}, max_count).size(), max_count);
  }
}

TEST(SamplePaths, WordsArePartsOfPaths) {
  const RulePath exact = pattern("/a/b/c.html");
  const RulePath wild = pattern("/d/*-e");
  const std::vector<std::string> words = words_of(std::array{&exact, &wild});
  for (const std::string_view word : {"a", "b", "c.html", "b/c.html", "a/b/c.html", "x-e"}) {
    EXPECT_TRUE(contains(words, word)) << word;
  }
  EXPECT_FALSE(contains(words, ""));
}

}  // namespace
}  // namespace sluice::rules
