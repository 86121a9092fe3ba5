// All rules of a site found by path, against a look at each of them.
#include "rules/rule_index.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/random.h"

namespace sluice::rules {
namespace {

using testing_support::Random;

RulePath pattern(std::string_view text) {
  auto compiled = Pattern::compile(text);
  EXPECT_TRUE(compiled) << compiled.error();
  return RulePath::of_pattern(*std::move(compiled));
}

RulePath prefix(std::string_view text) {
  auto compiled = RulePath::of_prefix(text);
  EXPECT_TRUE(compiled) << compiled.error();
  return *std::move(compiled);
}

void expect_same(const RuleIndex& index, const std::vector<RuleIndex::Rule>& rules,
                 std::string_view path) {
  SCOPED_TRACE(path);
  const Matches matches = index.match(path);
  for (const RuleIndex::Rule& rule : rules) {
    Captures captures;
    std::string_view rest;
    ASSERT_EQ(matches.contains(rule.kind, rule.index), rule.path.match(path, captures, rest))
        << "rule " << rule.index << " from " << rule.path.literal_prefix();
  }
}

TEST(RuleIndex, WithoutRulesFindsNone) {
  const RuleIndex index;
  EXPECT_TRUE(index.empty());
  EXPECT_FALSE(index.match("/a").first(RuleKind::kHeader));
  EXPECT_TRUE(RuleIndex(std::vector<RuleIndex::Rule>()).empty());
}

TEST(RuleIndex, FindsEveryKindAtOnce) {
  const RuleIndex index({{RuleKind::kRedirect, 3, pattern("/a/*")},
                         {RuleKind::kRewrite, 5, prefix("/a")},
                         {RuleKind::kAuth, 0, pattern("/**")},
                         {RuleKind::kHeader, 511, pattern("*.js")},
                         {RuleKind::kHeader, 64, pattern("/a/b.js")},
                         {RuleKind::kHeader, 63, pattern("/a/b.jsx")}});
  const Matches matches = index.match("/a/b.js");
  EXPECT_EQ(matches.first(RuleKind::kRedirect), 3U);
  EXPECT_EQ(matches.first(RuleKind::kRewrite), 5U);
  EXPECT_EQ(matches.first(RuleKind::kAuth), 0U);
  EXPECT_EQ(matches.first(RuleKind::kHeader), 64U);
  EXPECT_EQ(matches.first(RuleKind::kHeader, 65), 511U);
  EXPECT_EQ(matches.first(RuleKind::kHeader, 512), std::nullopt);
  EXPECT_EQ(matches.first(RuleKind::kRedirect, 4), std::nullopt);
}

TEST(RuleIndex, FindsTheFirstInOrder) {
  const RuleIndex index({{RuleKind::kRedirect, 2, pattern("/**")},
                         {RuleKind::kRedirect, 1, pattern("/a/**")},
                         {RuleKind::kRedirect, 0, pattern("/a/b/**")}});
  EXPECT_EQ(index.match("/a/b/c").first(RuleKind::kRedirect), 0U);
  EXPECT_EQ(index.match("/a/c").first(RuleKind::kRedirect), 1U);
  EXPECT_EQ(index.match("/c").first(RuleKind::kRedirect), 2U);
}

TEST(RuleIndex, EndsOfPrefixAndSuffixDoNotOverlap) {
  const std::vector<RuleIndex::Rule> rules = {
      {RuleKind::kHeader, 0, pattern("/aba*aba")},
      {RuleKind::kHeader, 1, pattern("/abcdefgh*bcdefgh")},
      {RuleKind::kHeader, 2, pattern("/**abcdefghij")},
      {RuleKind::kHeader, 3, pattern("/?")},
      {RuleKind::kHeader, 4, pattern("/")},
      {RuleKind::kHeader, 5, prefix("/")},
      {RuleKind::kHeader, 6, prefix("/aba/")},
  };
  const RuleIndex index(rules);
  for (const std::string_view path :
       {"/", "/a", "/aba", "/aba/", "/ababa", "/abaaba", "/aba/aba", "/abcdefgh",
        "/abcdefghbcdefgh", "/xbcdefghij", "/abcdefghij", "/xx/abcdefghij", ""}) {
    expect_same(index, rules, path);
  }
}

TEST(RuleIndex, MatchesNoPathThatCannotBe) {
  const RuleIndex index({{RuleKind::kHeader, 0, pattern("/**")}});
  EXPECT_TRUE(index.match("/" + std::string(kMaxPathBytes - 1, 'a')).first(RuleKind::kHeader));
  EXPECT_FALSE(index.match("/" + std::string(kMaxPathBytes, 'a')).first(RuleKind::kHeader));
}

TEST(RuleIndex, HoldsAllRulesThatAreAllowed) {
  std::vector<RuleIndex::Rule> rules;
  for (size_t i = 0; i < kMaxRulesOfAKind; ++i) {
    const std::string number = std::to_string(i);
    rules.push_back({RuleKind::kRedirect, i, pattern("/dir" + number + "/**")});
    rules.push_back({RuleKind::kRewrite, i, pattern("*.ext" + number)});
    rules.push_back({RuleKind::kAuth, i, pattern("/a/*/b" + number + ".html")});
    rules.push_back({RuleKind::kHeader, i, prefix("/p" + number)});
  }
  const RuleIndex index(rules);
  for (const std::string_view path :
       {"/dir17/a", "/dir511/", "/dir512/", "/x/y.ext17", "/dir3/y.ext300", "/a/x/b17.html",
        "/a/x/y/b17.html", "/p17", "/p17/x", "/p5", "/p51", "/p5112", "/q"}) {
    expect_same(index, rules, path);
  }
}

std::string random_text(Random& random, bool wildcards) {
  std::string text = "/";
  for (uint64_t left = random.below(9); left > 0; --left) {
    text += wildcards ? random.pick({"a", "b", "/", "\xff", "*", "**", "?"})
                      : random.pick({"a", "b", "a", "/", "\xff"});
  }
  return text;
}

TEST(RuleIndex, AgreesWithALookAtEachRule) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    std::vector<RuleIndex::Rule> rules;
    for (size_t i = 0; i < 40; ++i) {
      const auto kind = static_cast<RuleKind>(random.below(kRuleKindCount));
      const bool wildcards = random.chance(0.7);
      const std::string text = random_text(random, wildcards);
      auto compiled = Pattern::compile(text);
      if (compiled) {
        rules.push_back({kind, i, RulePath::of_pattern(*std::move(compiled))});
      } else if (auto of_prefix = RulePath::of_prefix(text)) {
        rules.push_back({kind, i, *std::move(of_prefix)});
      }
    }
    const RuleIndex index(rules);
    for (int i = 0; i < 40; ++i) {
      expect_same(index, rules, random_text(random, false));
    }
  }
}

}  // namespace
}  // namespace sluice::rules
