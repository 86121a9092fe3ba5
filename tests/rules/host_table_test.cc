// Which site a Host names: RFC 9110 §7.2.
#include "rules/host_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::rules {
namespace {

Site site_of(std::vector<std::string> hosts, bool default_site = false) {
  Site site;
  site.hosts = std::move(hosts);
  site.default_site = default_site;
  return site;
}

HostTable compile(const std::vector<Site>& sites) {
  std::vector<OptionProblem> problems;
  HostTable table = HostTable::compile(sites, problems);
  EXPECT_TRUE(problems.empty()) << problems.front().option << ": " << problems.front().message;
  return table;
}

constexpr int kNone = -1;

struct Case {
  std::string_view host;
  int site;
};

void expect_sites(const HostTable& table, const std::vector<Case>& cases) {
  for (const Case& test : cases) {
    const auto site = table.find(test.host);
    EXPECT_EQ(site ? static_cast<int>(*site) : kNone, test.site) << '"' << test.host << '"';
  }
}

TEST(HostTable, FindsNames) {
  const HostTable table = compile({site_of({"example.org", "WWW.Example.ORG"}),
                                   site_of({"[2001:DB8::1]", "127.0.0.1"}), site_of({"dot.org."})});
  expect_sites(table, {{"example.org", 0},
                       {"Example.ORG:8080", 0},
                       {"example.org.", 0},
                       {"example.org.:80", 0},
                       {"example.org:", 0},
                       {"example.org \t", 0},
                       {"www.example.org", 0},
                       {"a.example.org", kNone},
                       {"xample.org", kNone},
                       {"example.org..", kNone},
                       {"[2001:db8::1]", 1},
                       {"[2001:db8::1]:80", 1},
                       {"[2001:db8::2]", kNone},
                       {"[2001:db8::1", kNone},
                       {"127.0.0.1:1", 1},
                       {"dot.org", 2},
                       {"dot.org.", 2},
                       {"org", kNone},
                       {"", kNone},
                       {".", kNone},
                       {":80", kNone}});
}

TEST(HostTable, LongestWildcardWins) {
  const HostTable table = compile({site_of({"*.example.org"}), site_of({"*.b.example.org."}),
                                   site_of({"x.b.example.org", "example.org"})});
  expect_sites(table, {{"a.example.org", 0},
                       {"A.B.C.EXAMPLE.ORG:1", 0},
                       {"b.example.org", 0},
                       {"a.b.example.org", 1},
                       {"x.x.b.example.org.", 1},
                       {"x.b.example.org", 2},
                       {"example.org", 2},
                       {".example.org", kNone},
                       {"aexample.org", kNone},
                       {"example.org.a", kNone}});
  expect_sites(compile({site_of({"*.example.org"})}), {{"example.org", kNone}});
}

TEST(HostTable, DefaultSiteServesOthers) {
  const HostTable table = compile({site_of({"a"}), site_of({"b"}, true), site_of({"c"})});
  expect_sites(table, {{"a", 0}, {"b", 1}, {"c", 2}, {"d", 1}, {"", 1}, {"*.a", 1}});
}

TEST(HostTable, SiteWithoutHostsServesOthers) {
  expect_sites(compile({site_of({"a"}), site_of({})}), {{"a", 0}, {"d", 1}, {"", 1}});
  expect_sites(compile({Site{}}), {{"a", 0}, {"", 0}});
  expect_sites(HostTable(), {{"a", kNone}, {"", kNone}});
}

TEST(HostTable, NamesAreNotEndless) {
  const std::string label(63, 'a');
  const std::string name = label + "." + label + "." + label + "." + label.substr(0, 61) + ".";
  const HostTable table = compile({site_of({name, "*.a"})});
  expect_sites(table, {{name, 0}, {"x.a", 0}});
  std::string dots;
  for (int i = 0; i < 4096; ++i) {
    dots += ".a";
  }
  EXPECT_FALSE(table.find(dots));
  EXPECT_TRUE(table.find(dots.substr(0, kMaxHostBytes - 1)));
}

TEST(HostTable, HoldsManyNames) {
  std::vector<Site> sites;
  for (int i = 0; i < 1'000; ++i) {
    sites.push_back(site_of({"h" + std::to_string(i) + ".example", "*.h" + std::to_string(i)}));
  }
  const HostTable table = compile(sites);
  for (int i = 0; i < 1'000; ++i) {
    expect_sites(table,
                 {{"H" + std::to_string(i) + ".example:80", i}, {"x.h" + std::to_string(i), i}});
  }
  expect_sites(table, {{"h1000.example", kNone}});
}

TEST(HostTable, SaysWhatIsWrong) {
  struct Mistake {
    std::vector<Site> sites;
    std::string_view option;
    std::string_view said;
  };
  std::vector<Mistake> mistakes = {
      {{site_of({"a"}), site_of({"b", "A."})}, "sites[1].hosts[1]", "is a host of sites[0]"},
      {{site_of({"*.a"}), site_of({"*.A"})}, "sites[1].hosts[0]", "is a host of sites[0]"},
      {{site_of({"a", "a"})}, "sites[0].hosts[1]", "is a host of sites[0]"},
      {{site_of({"a"}, true), site_of({"b"}, true)}, "sites[1].default_site", "sites[0]"},
      {{site_of({}), site_of({})}, "sites[1].hosts", "sites[0]"},
      {{site_of({}), site_of({"a"}, true)}, "sites[1].default_site", "sites[0]"},
      {{site_of({"*"})}, "sites[0].hosts[0]", "default site"},
      {{site_of({"a:80"})}, "sites[0].hosts[0]", "has a port"},
      {{site_of({"a:"})}, "sites[0].hosts[0]", "has a port"},
      {{site_of({"[::1]:80"})}, "sites[0].hosts[0]", "has a port"},
      {{site_of({"*.a:80"})}, "sites[0].hosts[0]", "has a port"},
      {{site_of({"a.*.org"})}, "sites[0].hosts[0]", "'*' elsewhere"},
      {{site_of({"*a.org"})}, "sites[0].hosts[0]", "'*' elsewhere"},
      {{site_of({"*.*.org"})}, "sites[0].hosts[0]", "'*' elsewhere"},
  };
  for (const std::string_view host :
       {"", "a b", "a ", "a/b", "http://a", "::1", "2001:db8::1", "[::1", "*.", "*..", ".", ".a",
        "a..b", "*.[::1]", "u@a", "a,b",
        "b\xc3\xbc"
        "cher.example"}) {
    mistakes.push_back({{site_of({std::string(host)})}, "sites[0].hosts[0]", "is no host name"});
  }
  mistakes.push_back(
      {{site_of({std::string(kMaxHostBytes, 'a')})}, "sites[0].hosts[0]", "is no host name"});
  for (const Mistake& test : mistakes) {
    SCOPED_TRACE(test.sites.back().hosts.empty() ? "" : test.sites.back().hosts.back());
    std::vector<OptionProblem> problems;
    HostTable::compile(test.sites, problems);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].option, test.option);
    EXPECT_TRUE(problems[0].message.contains(test.said)) << problems[0].message;
  }
}

TEST(HostTable, TellsWhetherHostsContainAName) {
  const std::vector<std::string> hosts = {"Example.org.", "*.example.NET"};
  EXPECT_TRUE(hosts_contain(hosts, "example.ORG"));
  EXPECT_TRUE(hosts_contain(hosts, "a.b.example.net"));
  EXPECT_FALSE(hosts_contain(hosts, "example.net"));
  EXPECT_FALSE(hosts_contain(hosts, ".example.net"));
  EXPECT_FALSE(hosts_contain(hosts, "a.example.org"));
  EXPECT_FALSE(hosts_contain({}, "a"));
}

}  // namespace
}  // namespace sluice::rules
