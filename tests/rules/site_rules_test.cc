// The rules of a site, from its options to what a request gets.
#include "rules/site_rules.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "rules/rules_of.h"

namespace sluice::rules {
namespace {

SiteRules compile(const Site& site) {
  std::vector<OptionProblem> problems;
  SiteRules rules = SiteRules::compile(site, "sites[0]", problems);
  for (const OptionProblem& problem : problems) {
    ADD_FAILURE() << problem.option << ": " << problem.message;
  }
  return rules;
}

// "301 /location", "" if there is none.
std::string redirect(const SiteRules& rules, std::string_view path, std::string_view query = "") {
  const auto found = rules.first_redirect(rules.match(path));
  if (!found) {
    return "";
  }
  std::array<char, 256> out;
  const size_t size = rules.write_location(*found, path, query, out);
  return std::to_string(rules.redirect_status(*found)) + " " + std::string(out.data(), size);
}

std::string rewrite(const SiteRules& rules, std::string_view path) {
  const auto found = rules.first_rewrite(rules.match(path));
  if (!found) {
    return "none";
  }
  std::array<char, 256> out;
  return {out.data(), rules.write_rewritten(*found, path, out)};
}

std::string header_lines(const SiteRules& rules, std::string_view path, int status) {
  std::string lines;
  rules.visit_header_edits(rules.match(path), path, status,
                           [&lines](const HeaderEdit& edit) { lines += edit.lines; });
  return lines;
}

TEST(SiteRules, WithoutRulesDoesNothing) {
  for (const SiteRules& rules : {SiteRules(), compile(Site{})}) {
    EXPECT_EQ(redirect(rules, "/a"), "");
    EXPECT_EQ(rewrite(rules, "/a"), "none");
    EXPECT_EQ(rules.first_auth(rules.match("/a")), std::nullopt);
    EXPECT_EQ(header_lines(rules, "/a", 200), "");
    EXPECT_FALSE(rules.answers_preflight(rules.match("/a")));
  }
}

TEST(SiteRules, Redirects) {
  Site site;
  site.redirects = {
      redirect_from("/old/*/*.htm", "/new/$2/$1", 308),
      redirect_below("/docs", "https://docs.example.org/v2/?from=old"),
      redirect_below("/manual", "/handbook/", 302),
      redirect_from("/old/**", "/archive/$1", 307),
  };
  const SiteRules rules = compile(site);
  EXPECT_EQ(redirect(rules, "/old/a/b c.htm", "?q"), "308 /new/b%20c/a?q");
  EXPECT_EQ(redirect(rules, "/old/a/b/c.htm"), "307 /archive/a/b/c.htm");
  EXPECT_EQ(redirect(rules, "/docs", "?q"), "301 https://docs.example.org/v2/?from=old");
  EXPECT_EQ(redirect(rules, "/docs/a/", "?q"), "301 https://docs.example.org/v2/a/?from=old");
  EXPECT_EQ(redirect(rules, "/docsx"), "");
  EXPECT_EQ(redirect(rules, "/manual"), "302 /handbook/");
  EXPECT_EQ(redirect(rules, "/manual/", "?q"), "302 /handbook/?q");
  EXPECT_EQ(redirect(rules, "/manual/x", "?q"), "302 /handbook/x?q");
  EXPECT_EQ(redirect(rules, "/"), "");
  std::array<char, 5> small;
  EXPECT_EQ(rules.write_location(2, "/manual", "", small), 0U);
}

TEST(SiteRules, Rewrites) {
  Site site;
  site.rewrites = {
      rewrite_from("/u/?/*", "/users/$1$2.html"),
      rewrite_below("/v1", "/api"),
      rewrite_from("/x**", "/y/$1"),
  };
  const SiteRules rules = compile(site);
  EXPECT_EQ(rewrite(rules, "/u/a/b"), "/users/ab.html");
  EXPECT_EQ(rewrite(rules, "/v1"), "/api");
  EXPECT_EQ(rewrite(rules, "/v1/a/"), "/api/a/");
  EXPECT_EQ(rewrite(rules, "/v2"), "none");
  EXPECT_EQ(rewrite(rules, "/x../z"), "");
}

TEST(SiteRules, FirstAuthRuleDecides) {
  Site site;
  site.auth = {auth_for("/private/public/**"), auth_for("/private/**"), auth_for("*.key")};
  const SiteRules rules = compile(site);
  EXPECT_EQ(rules.first_auth(rules.match("/private/public/a")), 0U);
  EXPECT_EQ(rules.first_auth(rules.match("/private/a.key")), 1U);
  EXPECT_EQ(rules.first_auth(rules.match("/a.key")), 2U);
  EXPECT_EQ(rules.first_auth(rules.match("/private")), std::nullopt);
}

TEST(SiteRules, HeaderEditsComeInOrder) {
  Site site;
  site.headers = {
      header_added({{"X-A", "1"}}, "/**"),
      header_added({{"X-B", "2"}}, "*.js"),
      header_added({{"X-C", "3"}}, "/a/**"),
      header_added({}, "/b/**"),
  };
  site.headers[1].preset = HeaderPreset::kImmutable;
  site.headers[2].always = true;
  site.headers[3].preset = HeaderPreset::kCors;
  const SiteRules rules = compile(site);
  const std::string immutable = "Cache-Control: public, max-age=31536000, immutable\r\n";
  EXPECT_EQ(header_lines(rules, "/x", 200), "X-A: 1\r\n");
  EXPECT_EQ(header_lines(rules, "/a/x.js", 200), "X-A: 1\r\nX-B: 2\r\nX-C: 3\r\n");
  EXPECT_EQ(header_lines(rules, "/x.0a1b2c3d.js", 206), "X-A: 1\r\n" + immutable + "X-B: 2\r\n");
  EXPECT_EQ(header_lines(rules, "/x.0a1b2c3d.js", 304), "X-A: 1\r\n" + immutable + "X-B: 2\r\n");
  EXPECT_EQ(header_lines(rules, "/x.0a1b2c3d.js", 400), "");
  EXPECT_EQ(header_lines(rules, "/a/x.js", 404), "X-C: 3\r\n");
  EXPECT_TRUE(header_lines(rules, "/b/x", 500).starts_with("Access-Control-Allow-Origin: *\r\n"));
  EXPECT_TRUE(rules.answers_preflight(rules.match("/b/x")));
  EXPECT_FALSE(rules.answers_preflight(rules.match("/a/x")));
}

TEST(SiteRules, NamesWhatIsWrong) {
  RedirectRule both = redirect_from("/a", "/b");
  both.prefix = "/a";
  Site site;
  site.redirects = {
      redirect_from("/a***", "/$9"), redirect_from("", "/b"),         both,
      redirect_below("a", "//b"),    redirect_from("/*", "/$2", 300), redirect_below("/p", "/q$1")};
  site.rewrites = {rewrite_from("", "a"), rewrite_from("/x", "https://h/")};
  site.auth = {auth_for("")};
  site.headers = {header_added({}, "//"), header_set({{"a b", "x"}})};
  site.headers[1].remove = {"Date", "Connection"};
  std::vector<OptionProblem> problems;
  SiteRules::compile(site, "sites[3]", problems);
  std::vector<std::string> options;
  for (const OptionProblem& problem : problems) {
    options.push_back(problem.option);
    EXPECT_FALSE(problem.message.empty());
  }
  EXPECT_EQ(
      options,
      (std::vector<std::string>{
          "sites[3].redirects[0].from", "sites[3].redirects[1].from", "sites[3].redirects[2].from",
          "sites[3].redirects[3].prefix", "sites[3].redirects[3].to", "sites[3].redirects[4].to",
          "sites[3].redirects[4].status", "sites[3].redirects[5].to", "sites[3].rewrites[0].from",
          "sites[3].rewrites[0].to", "sites[3].rewrites[1].to", "sites[3].auth[0].path",
          "sites[3].headers[0].path", "sites[3].headers[1].remove[1]",
          "sites[3].headers[1].set[0].name"}));
}

TEST(SiteRules, AreNotMoreThanAllowed) {
  Site site;
  site.redirects.assign(kMaxRulesOfAKind, redirect_from("/a", "/b"));
  site.auth.assign(kMaxRulesOfAKind, auth_for("/a"));
  const SiteRules rules = compile(site);
  EXPECT_TRUE(rules.match("/a").contains(RuleKind::kRedirect, kMaxRulesOfAKind - 1));
  site.redirects.push_back(site.redirects.front());
  site.headers.resize(kMaxRulesOfAKind + 1);
  std::vector<OptionProblem> problems;
  SiteRules::compile(site, "sites[0]", problems);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].option, "sites[0].redirects");
  EXPECT_EQ(problems[0].message, "there are 513; 512 are allowed");
  EXPECT_EQ(problems[1].option, "sites[0].headers");
}

}  // namespace
}  // namespace sluice::rules
