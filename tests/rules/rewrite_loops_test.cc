// Rewrites that lead back to themselves.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rules/rules_of.h"
#include "rules/site_rules.h"

namespace sluice::rules {
namespace {

struct Case {
  std::vector<RewriteRule> rewrites;
  std::string option;
  std::string said;
};

std::vector<OptionProblem> problems_of(const std::vector<RewriteRule>& rewrites) {
  Site site;
  site.rewrites = rewrites;
  std::vector<OptionProblem> problems;
  SiteRules::compile(site, "s", problems);
  return problems;
}

// From /0 to /count, one step each.
std::vector<RewriteRule> chain(size_t count) {
  std::vector<RewriteRule> rewrites;
  for (size_t i = 0; i < count; ++i) {
    rewrites.push_back(rewrite_from("/" + std::to_string(i), "/" + std::to_string(i + 1)));
  }
  return rewrites;
}

const Case kLoops[] = {
    {{rewrite_from("/a", "/a")}, "s.rewrites[0].to", "leads back to where it began: /a → /a"},
    {{rewrite_from("/**", "/index.html")}, "s.rewrites[0].to", "/index.html → /index.html"},
    {{rewrite_from("/a/**", "/b/$1"), rewrite_from("/b/**", "/a/$1")},
     "s.rewrites[0].to",
     "/a/x → /b/x → /a/x"},
    {{rewrite_from("/a/**", "/a/b/$1")}, "s.rewrites[0].to", "finds no end: /a/x → /a/b/x"},
    {{rewrite_below("/a", "/a/b")}, "s.rewrites[0].to", "finds no end"},
    {{rewrite_below("/", "/site")}, "s.rewrites[0].to", "finds no end"},
    {{rewrite_from("/*", "/$1.html")}, "s.rewrites[0].to", "/x → /x.html → /x.html.html"},
    {{rewrite_from("/a%20b", "/a%20b")}, "s.rewrites[0].to", "/a%20b → /a%20b"},
    {{rewrite_from("/a", "/b"), rewrite_from("/?", "/a")}, "s.rewrites[0].to", "/a → /b → /a"},
    {{rewrite_from("/*/x", "/y/$1"), rewrite_from("/y/z", "/z/x")},
     "s.rewrites[0].to",
     "/z/x → /y/z → /z/x"},
    {{rewrite_from("*.js", "/js/$1.js")}, "s.rewrites[0].to", "/js/x.js → /js/x.js"},
    {chain(kMaxRewriteSteps + 1), "s.rewrites[5].to", "finds no end"},
};

TEST(RewriteLoops, AreFound) {
  for (const Case& test : kLoops) {
    SCOPED_TRACE(test.rewrites.front().from + test.rewrites.front().prefix);
    const std::vector<OptionProblem> problems = problems_of(test.rewrites);
    ASSERT_FALSE(problems.empty());
    EXPECT_EQ(problems[0].option, test.option);
    EXPECT_TRUE(problems[0].message.contains(test.said)) << problems[0].message;
  }
}

const std::vector<RewriteRule> kNoLoops[] = {
    {},
    {rewrite_from("/a", "/b")},
    {rewrite_from("/a", "/a/")},
    {rewrite_below("/a", "/b"), rewrite_below("/b", "/c")},
    {rewrite_below("/a", "/ab")},
    {rewrite_from("/*", "/pages/$1.html")},
    {rewrite_from("/api/*", "/api/v1/$1")},
    {rewrite_from("/?", "/$1$1")},
    {rewrite_from("/a", "/A")},
    {rewrite_from("/**/x", "/y/$1")},
    {rewrite_from("/index", "/index.html"), rewrite_from("*.htm", "/$1.html")},
    // Ends because nothing is served for it.
    {rewrite_from("/x**", "/x/.$1"), rewrite_from("/x/.x", "/end")},
};

TEST(RewriteLoops, AreNotSeenWhereThereAreNone) {
  for (const auto& rewrites : kNoLoops) {
    for (const OptionProblem& problem : problems_of(rewrites)) {
      ADD_FAILURE() << rewrites.front().from << ": " << problem.option << ": " << problem.message;
    }
  }
  EXPECT_TRUE(problems_of(chain(kMaxRewriteSteps - 1)).empty());
}

}  // namespace
}  // namespace sluice::rules
