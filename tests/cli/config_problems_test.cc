// What find_problems() says gets the place in the text that it is about.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/config_file.h"
#include "support/temporary_directory.h"

namespace sluice::cli {
namespace {

using testing_support::TemporaryDirectory;

constexpr const char* kText =
    "[server]\n"                                      // 1
    "listen = [\"127.0.0.1:0\", \"[::1]:0\"]\n"       // 2
    "threads = 3\n"                                   // 3
    "[server.limits]\n"                               // 4
    "head_bytes = 1\n"                                // 5
    "\n"                                              // 6
    "[[site]]\n"                                      // 7
    "root = \"a\"\n"                                  // 8
    "index = [\"x\",\n"                               // 9
    "         \"y\"]\n"                               // 10
    "default = true\n"                                // 11
    "error_pages = { 404 = \"/4\", 500 = \"/5\" }\n"  // 12
    "  [[site.mount]]\n"                              // 13
    "  path = \"/m\"\n"                               // 14
    "  root = \"m\"\n"                                // 15
    "  [[site.header]]\n"                             // 16
    "  set = { A = \"1\", B = \"2\" }\n"              // 17
    "  add = { C = [\"3\", \"4\"], D = \"5\" }\n"     // 18
    "  remove = [\"E\", \"F\"]\n"                     // 19
    "[[site]]\n"                                      // 20
    "root = \"b\"\n"                                  // 21
    "[[site.redirect]]\n"                             // 22
    "to = \"/1\"\n"                                   // 23
    "[[site.redirect]]\n"                             // 24
    "to = \"/2\"\n"                                   // 25
    "from = \"/3\"\n";                                // 26

TEST(ConfigProblemsTest, MembersAreFoundInTheText) {
  const struct {
    const char* option;
    const char* line;
  } cases[] = {
      {"listen", "f:2:10: listen: wrong"},
      {"listen[0]", "f:2:11: listen: wrong"},
      {"listen[1]", "f:2:26: listen: wrong"},
      {"threads", "f:3:11: threads: wrong"},
      {"limits", "f:4:1: limits: wrong"},
      {"limits.head_bytes", "f:5:14: head_bytes: wrong"},
      {"sites", "f:7:1: site: wrong"},
      {"sites[0]", "f:7:1: site: wrong"},
      {"sites[0].root", "f:8:8: root: wrong"},
      {"sites[0].index", "f:9:9: index: wrong"},
      {"sites[0].index[0]", "f:9:10: index: wrong"},
      {"sites[0].index[1]", "f:10:10: index: wrong"},
      {"sites[0].default_site", "f:11:11: default: wrong"},
      {"sites[0].error_pages", "f:12:15: error_pages: wrong"},
      {"sites[0].error_pages.404", "f:12:23: error_pages: wrong"},
      {"sites[0].error_pages.500", "f:12:35: error_pages: wrong"},
      {"sites[0].mounts[0]", "f:13:3: mount: wrong"},
      {"sites[0].mounts[0].path", "f:14:10: path: wrong"},
      {"sites[0].mounts[0].root", "f:15:10: root: wrong"},
      {"sites[0].headers[0]", "f:16:3: header: wrong"},
      {"sites[0].headers[0].set[0]", "f:17:11: set: wrong"},
      {"sites[0].headers[0].set[0].name", "f:17:11: set: wrong"},
      {"sites[0].headers[0].set[0].value", "f:17:15: set: wrong"},
      {"sites[0].headers[0].set[1].name", "f:17:20: set: wrong"},
      {"sites[0].headers[0].set[1].value", "f:17:24: set: wrong"},
      {"sites[0].headers[0].add[0].value", "f:18:16: add: wrong"},
      {"sites[0].headers[0].add[1].name", "f:18:11: add: wrong"},
      {"sites[0].headers[0].add[1].value", "f:18:21: add: wrong"},
      {"sites[0].headers[0].add[2].value", "f:18:31: add: wrong"},
      {"sites[0].headers[0].remove[1]", "f:19:18: remove: wrong"},
      {"sites[1]", "f:20:1: site: wrong"},
      {"sites[1].redirects", "f:22:1: redirect: wrong"},
      {"sites[1].redirects[0]", "f:22:1: redirect: wrong"},
      {"sites[1].redirects[1].from", "f:26:8: from: wrong"},
      // What the text does not say is somewhere in what it does.
      {"sites[0].fallback", "f:7:1: fallback: wrong"},
      {"sites[1].index[3]", "f:20:1: index: wrong"},
      {"sites[1].redirects[0].from", "f:22:1: from: wrong"},
      {"sites[0].error_pages.403", "f:12:15: 403: wrong"},
      {"sites[0].mounts[0].error_pages.404", "f:13:3: 404: wrong"},
      {"limits.pipe_bytes", "f:4:1: pipe_bytes: wrong"},
      {"cache_directory", "f:1:1: cache_directory: wrong"},
  };
  const ConfigResult config = read_config(kText, "f", "");
  ASSERT_TRUE(config.mistakes.empty()) << line_of(config, config.mistakes[0]);
  for (const auto& [option, line] : cases) {
    EXPECT_EQ(line_of(config, locate(config, {option, "wrong"})), line) << option;
  }
}

std::vector<std::string> lines_of(std::string_view text,
                                  const std::vector<OptionProblem>& problems) {
  ConfigResult config = read_config(text, "f", "");
  add_problems(problems, config);
  std::vector<std::string> lines;
  for (const Mistake& mistake : config.mistakes) lines.push_back(line_of(config, mistake));
  return lines;
}

TEST(ConfigProblemsTest, AreSortedAmongTheMistakesOfForm) {
  const char* const text =
      "[[site]]\nlisting = 1\nroot = \"a\"\nauth = [{ htpasswd = 1 }]\nfallback = \"x\"\n";
  const std::vector<std::string> lines = {
      "f:2:11: 'listing' must be true or false, not the number 1",
      "f:3:8: root: no",
      "f:4:22: 'htpasswd' must be a string, not the number 1",
      "f:5:12: fallback: no",
  };
  EXPECT_EQ(lines_of(text, {{"sites[0].fallback", "no"}, {"sites[0].root", "no"}}), lines);
}

TEST(ConfigProblemsTest, WhatIsWrongAlreadyIsNotSaidAgain) {
  const struct {
    const char* text;
    const char* option;
  } cases[] = {
      {"[[site]]\n", "sites[0].root"},
      {"[[site]]\nroot = 1\n", "sites[0].root"},
      {"[[site]]\nrooot = \".\"\n", "sites[0].root"},
      {"server.listen = [1]\n", "listen"},
      {"site = 1\n", "sites"},
      {"site = 1\n", "sites[0].root"},
      {"site = [{ root = \".\", default = 1 }]\n", "sites[0].default_site"},
      {"site = [{ root = \".\", header = [{ set = { A = 1 } }] }]\n",
       "sites[0].headers[0].set[0].name"},
  };
  for (const auto& [text, option] : cases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(lines_of(text, {{option, "wrong"}}), lines_of(text, {}));
    EXPECT_EQ(lines_of(text, {}).size(), 1u);
    EXPECT_EQ(lines_of(text, {{"threads", "wrong"}}).size(), 2u);
  }
}

TEST(ConfigProblemsTest, AreThoseOfTheOptions) {
  const TemporaryDirectory directory;
  directory.write("www/index.html", "");
  const std::string text =
      "[server.limits]\n"
      "head_bytes = 1\n"
      "receive_buffer_count = 48\n"
      "[[site]]\n"
      "root = \"www\"\n"
      "index = [\"a\", \"b/c\"]\n"
      "[[site]]\n"
      "hosts = [\"other\"]\n"
      "root = \"missing\"\n";
  ConfigResult config = read_config(text, "f", directory.path());
  ASSERT_TRUE(config.mistakes.empty());
  add_problems(find_problems(config.options), config);
  ASSERT_EQ(config.mistakes.size(), 4u);
  const char* const begins[] = {"f:2:14: head_bytes: 1 is", "f:3:24: receive_buffer_count: 48 is",
                                "f:6:15: index: 'b/c' is", "f:9:8: root: '"};
  for (size_t i = 0; i < 4; ++i) {
    const std::string line = line_of(config, config.mistakes[i]);
    EXPECT_TRUE(line.starts_with(begins[i])) << line;
  }
}

TEST(ConfigProblemsTest, AConfigurationWithoutASiteIsAProblem) {
  ConfigResult config = read_config("", "f", "");
  add_problems(find_problems(config.options), config);
  ASSERT_EQ(config.mistakes.size(), 1u);
  EXPECT_EQ(line_of(config, config.mistakes[0]), "f:1:1: sites: there must be one site at least");
}

TEST(ConfigProblemsTest, MessagesStayOnOneLine) {
  ConfigResult config = read_config("", "a\nb", "");
  config.mistakes = {{.position = {}, .message = "x\n\t\x7F\xC3\xA9"}};
  EXPECT_EQ(line_of(config, config.mistakes[0]), "a\\nb:1:1: x\\n\\u0009\\u007F\xC3\xA9");
}

}  // namespace
}  // namespace sluice::cli
