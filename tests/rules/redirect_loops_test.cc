// Redirects that lead back to themselves.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rules/rules_of.h"
#include "rules/site_rules.h"

namespace sluice::rules {
namespace {

struct Case {
  std::vector<RedirectRule> redirects;
  std::string option;  // "": no loop
  std::string said;
};

std::vector<OptionProblem> problems_of(const std::vector<RedirectRule>& redirects) {
  Site site;
  site.hosts = {"example.org", "*.example.net"};
  site.redirects = redirects;
  std::vector<OptionProblem> problems;
  SiteRules::compile(site, "s", problems);
  return problems;
}

const Case kLoops[] = {
    {{redirect_from("/a", "/a")}, "s.redirects[0].to", "/a → /a"},
    {{redirect_from("/a", "/b"), redirect_from("/b", "/a")},
     "s.redirects[0].to",
     "leads back to where it began: /a → /b → /a"},
    {{redirect_from("/a/*", "/b/$1"), redirect_from("/b/*", "/a/$1")},
     "s.redirects[0].to",
     "/a/x → /b/x → /a/x"},
    {{redirect_from("/**", "/gone.html")}, "s.redirects[0].to", "/gone.html → /gone.html"},
    {{redirect_from("/**", "/app/$1")},
     "s.redirects[0].to",
     "finds no end: /x → /app/x → /app/app"},
    {{redirect_below("/docs", "/docs/v2")}, "s.redirects[0].to", "finds no end"},
    {{redirect_below("/docs/", "/docs")}, "s.redirects[0].to", "/docs/ → /docs/"},
    {{redirect_below("/docs", "/docs")}, "s.redirects[0].to", "/docs/x → /docs/x"},
    {{redirect_from("/a/*", "/b/$1"), redirect_from("/b/special", "/a/special")},
     "s.redirects[0].to",
     "/a/special → /b/special → /a/special"},
    {{redirect_from("/a/**", "/b/$1"), redirect_from("/b/p/q/r", "/a/p/q/r")},
     "s.redirects[0].to",
     "/a/p/q/r → /b/p/q/r"},
    {{redirect_from("/a", "/b"), redirect_from("/b", "/c"), redirect_from("/c", "/b")},
     "s.redirects[1].to",
     "/b → /c → /b"},
    {{redirect_from("/a", "http://example.org/a")}, "s.redirects[0].to", "/a → /a"},
    {{redirect_from("/a", "HTTP://EXAMPLE.ORG.:80/a?x#y")}, "s.redirects[0].to", "/a → /a"},
    {{redirect_from("/**", "http://www.example.net/$1")}, "s.redirects[0].to", "/x → /x"},
    {{redirect_from("/", "http://example.org")}, "s.redirects[0].to", "/ → /"},
    {{redirect_from("/a b", "/a%20b")}, "s.redirects[0].to", "/a b → /a b"},
    {{redirect_from("/a", "/x/../a?b=c#d")}, "s.redirects[0].to", "/a → /a"},
    {{redirect_from("/?", "/$1$1"), redirect_from("/??", "/$1")},
     "s.redirects[0].to",
     "/x → /xx → /x"},
    {{redirect_from("/*/", "/$1"), redirect_from("/*", "/$1/")}, "s.redirects[0].to", "/x/ → /x"},
    {{redirect_from("/**", "/a$1$1")}, "s.redirects[0].to", "finds no end"},
    {{redirect_from("/**/x", "/x/$1/x")}, "s.redirects[0].to", ""},
};

TEST(RedirectLoops, AreFound) {
  for (const Case& test : kLoops) {
    SCOPED_TRACE(test.redirects.front().from + test.redirects.front().prefix + " to " +
                 test.redirects.front().to);
    const std::vector<OptionProblem> problems = problems_of(test.redirects);
    ASSERT_FALSE(problems.empty());
    EXPECT_EQ(problems[0].option, test.option);
    EXPECT_TRUE(problems[0].message.contains(test.said)) << problems[0].message;
  }
}

const std::vector<RedirectRule> kNoLoops[] = {
    {},
    {redirect_from("/a", "/b")},
    {redirect_from("/a", "/b"), redirect_from("/b", "/c"), redirect_from("/c", "/d")},
    {redirect_from("/a/*", "/b/$1"), redirect_from("/b/*", "/c/$1")},
    {redirect_from("/*.htm", "/$1.html")},
    {redirect_below("/docs", "/manual")},
    {redirect_below("/docs", "/docs2")},
    {redirect_below("/docs/", "/docs2"), redirect_from("/a", "/docs/")},
    {redirect_from("/**", "https://example.org/$1")},
    {redirect_from("/**", "http://elsewhere.example/$1")},
    {redirect_from("/**", "http://example.net/$1")},
    {redirect_from("/**", "http://example.org:8080/$1")},
    {redirect_from("/*", "/all/$1")},
    {redirect_from("/*.php", "/$1")},
    // The first rule takes what the second would send back.
    {redirect_from("/a/x", "/end"), redirect_from("/a/?", "/a/x")},
    {redirect_from("/a/", "/a")},
    {redirect_from("/index.html", "/"), redirect_from("/*/index.html", "/$1/")},
    {redirect_from("/a", "/a%2520b"), redirect_from("/a b", "/a")},
};

TEST(RedirectLoops, AreNotSeenWhereThereAreNone) {
  for (const auto& redirects : kNoLoops) {
    for (const OptionProblem& problem : problems_of(redirects)) {
      ADD_FAILURE() << redirects.front().from << ": " << problem.option << ": " << problem.message;
    }
  }
}

TEST(RedirectLoops, AreReportedOnce) {
  EXPECT_EQ(problems_of({redirect_from("/a/**", "/b/$1"), redirect_from("/b/**", "/a/$1"),
                         redirect_from("/c/**", "/a/$1")})
                .size(),
            1U);
}

TEST(RedirectLoops, OfManyRulesAreFoundInBoundedTime) {
  std::vector<RedirectRule> redirects;
  for (size_t i = 0; i < kMaxRulesOfAKind; ++i) {
    const std::string number = std::to_string(i);
    redirects.push_back(
        redirect_from("/d" + number + "/**/*-*-*-*/**",
                      "/d" + std::to_string((i + 1) % kMaxRulesOfAKind) + "/$1/$2"));
  }
  EXPECT_TRUE(problems_of(redirects).empty());
  redirects[7] = redirect_from("/d7/x", "/d7/x");
  const std::vector<OptionProblem> problems = problems_of(redirects);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].option, "s.redirects[7].to");
}

TEST(RedirectLoops, AreShownInShort) {
  const std::string name = "/" + std::string(500, 'a');
  const std::vector<OptionProblem> problems = problems_of({redirect_from(name, name)});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_LT(problems[0].message.size(), 250U);
  EXPECT_TRUE(problems[0].message.contains("aaa… → /aaa")) << problems[0].message;
}

}  // namespace
}  // namespace sluice::rules
