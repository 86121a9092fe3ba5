// Mistakes of form: each with its place, what is there and what is allowed.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "cli/config_file.h"
#include "support/random.h"
#include "support/temporary_directory.h"

namespace sluice::cli {
namespace {

using testing_support::Random;
using testing_support::TemporaryDirectory;

std::vector<std::string> lines_of(std::string_view text) {
  const ConfigResult config = read_config(text, "f", "");
  std::vector<std::string> lines;
  for (const Mistake& mistake : config.mistakes) lines.push_back(line_of(config, mistake));
  return lines;
}

struct FormCase {
  const char* text;
  const char* line;  // the only mistake

  friend void PrintTo(const FormCase& form, std::ostream* out) { *out << form.text; }
};

class ConfigFormTest : public testing::TestWithParam<FormCase> {};

TEST_P(ConfigFormTest, MistakeIsSaid) {
  EXPECT_EQ(lines_of(GetParam().text), std::vector<std::string>{GetParam().line});
}

INSTANTIATE_TEST_SUITE_P(
    UnknownKeys, ConfigFormTest,
    testing::Values(
        FormCase{"[[site]]\nroot = \".\"\n  idnex = []\n",
                 "f:3:3: unknown key 'idnex'; did you mean 'index'?"},
        FormCase{"serve = 1\n", "f:1:1: unknown key 'serve'; did you mean 'server'?"},
        FormCase{"listen = []\n",
                 "f:1:1: unknown key 'listen'; known here are 'server' and 'site'"},
        FormCase{"[sites]\n", "f:1:2: unknown key 'sites'; did you mean 'site'?"},
        FormCase{"[[sites]]\n", "f:1:3: unknown key 'sites'; did you mean 'site'?"},
        FormCase{"[server]\nport = 1\n",
                 "f:2:1: unknown key 'port'; known here are 'listen', 'threads', 'drain_timeout', "
                 "'cache_directory', 'limits' and 'transfer'"},
        FormCase{"[server.limits]\nheadbytes = 1\n",
                 "f:2:1: unknown key 'headbytes'; did you mean 'head_bytes'?"},
        FormCase{"[server.limit]\nx = 1\n", "f:1:9: unknown key 'limit'; did you mean 'limits'?"},
        FormCase{"[[site]]\nroot = \".\"\n[[site.headers]]\n",
                 "f:3:8: unknown key 'headers'; did you mean 'header'?"},
        FormCase{"[[site]]\nroot = \".\"\n[[site.rewrite]]\nto = \"/\"\nstatus = 301\n",
                 "f:5:1: unknown key 'status'; known here are 'from', 'prefix' and 'to'"},
        FormCase{"[[site]]\nroot = \".\"\n[[site.redirect]]\nto = \"/\"\nform = \"/\"\n",
                 "f:5:1: unknown key 'form'; did you mean 'from'?"},
        FormCase{"[[site]]\nroot = \".\"\n[[site.auth]]\nhtpasswd = \"u\"\nroot = \".\"\n",
                 "f:5:1: unknown key 'root'; known here are 'path', 'realm' and 'htpasswd'"},
        // What is meant is not missing.
        FormCase{"[[site]]\nrot = \".\"\n", "f:2:1: unknown key 'rot'; did you mean 'root'?"},
        FormCase{"\"a\\nb\" = 1\n",
                 "f:1:1: unknown key 'a\\nb'; known here are 'server' and 'site'"}));

INSTANTIATE_TEST_SUITE_P(
    WrongTypes, ConfigFormTest,
    testing::Values(
        FormCase{"[[site]]\nroot = \".\"\nlisting = \"yes\"\n",
                 "f:3:11: 'listing' must be true or false, not the string \"yes\""},
        FormCase{"[[site]]\nroot = \".\"\ndefault = 1\n",
                 "f:3:11: 'default' must be true or false, not the number 1"},
        FormCase{"[[site]]\nroot = 3\n", "f:2:8: 'root' must be a string, not the number 3"},
        FormCase{"[[site]]\nroot = \"\"\n",
                 "f:2:8: 'root' must be the path of a file, not the string \"\""},
        FormCase{"[[site]]\nroot = \"a\\u0000b\"\n",
                 "f:2:8: 'root' must be the path of a file, not the string \"a\\u0000b\""},
        FormCase{"[[site]]\nroot = \".\"\nfallback = true\n",
                 "f:3:12: 'fallback' must be a string, not true"},
        FormCase{"[[site]]\nroot = \".\"\nhosts = \"a\"\n",
                 "f:3:9: 'hosts' must be an array of strings, not the string \"a\""},
        FormCase{"[[site]]\nroot = \".\"\nhosts = [\"a\", 1.5]\n",
                 "f:3:15: 'hosts' must hold strings only, not a number with a fraction"},
        FormCase{"[[site]]\nroot = \".\"\nerror_pages = [404]\n",
                 "f:3:15: 'error_pages' must be a table such as { 404 = \"/404.html\" }, not an "
                 "array"},
        FormCase{"[[site]]\nroot = \".\"\nerror_pages = { 404 = 1 }\n",
                 "f:3:23: '404' must be a string, not the number 1"},
        FormCase{"[[site]]\nroot = \".\"\ntransfer = \"copy-file-range\"\n",
                 "f:3:12: 'transfer' must be \"auto\", \"copy\", \"sendfile\", \"splice\", "
                 "\"ring-splice\", \"mapped\" or \"zero-copy-send\", not the string "
                 "\"copy-file-range\""},
        FormCase{"[[site]]\nroot = \".\"\nupload.sync = \"fsync\"\n",
                 "f:3:15: 'sync' must be \"none\", \"file\" or \"directory\", not the string "
                 "\"fsync\""},
        FormCase{"[[site]]\nroot = \".\"\nuploads = \"yes\"\n",
                 "f:3:11: 'uploads' must be true or false, not the string \"yes\""},
        FormCase{"[[site]]\nroot = \".\"\nupload = true\n",
                 "f:3:10: 'upload' must be a table, not true"},
        FormCase{"[server.transfer]\nmapped_byte = 1\n",
                 "f:2:1: unknown key 'mapped_byte'; did you mean 'mapped_bytes'?"},
        FormCase{"[[site]]\nroot = \".\"\nsymlinks = \"all\"\n",
                 "f:3:12: 'symlinks' must be \"none\", \"beneath\" or \"follow\", not the string "
                 "\"all\""},
        FormCase{"[[site]]\nroot = \".\"\netag = false\n",
                 "f:3:8: 'etag' must be \"modified\", \"content\" or \"none\", not false"},
        FormCase{"[[site]]\nroot = \".\"\n[[site.header]]\npreset = \"none\"\n",
                 "f:4:10: 'preset' must be \"immutable\", \"security\" or \"cors\", not the string "
                 "\"none\""},
        FormCase{"[[site]]\nroot = \".\"\n[[site.header]]\nset = \"A: b\"\n",
                 "f:4:7: 'set' must be a table such as { Name = \"value\" }, not the string "
                 "\"A: b\""},
        FormCase{"[[site]]\nroot = \".\"\n[[site.header]]\nset = { A = [\"b\"] }\n",
                 "f:4:13: 'A' must be a string, not an array"},
        FormCase{"[[site]]\nroot = \".\"\n[[site.header]]\nadd = { A = [\"b\", 7] }\n",
                 "f:4:19: 'A' must be a string, not the number 7"},
        FormCase{"[[site]]\nroot = \".\"\n[[site.header]]\nadd.A.b = \"c\"\n",
                 "f:4:5: 'A' must be a string, not a table"},
        FormCase{"[site]\nroot = \".\"\n",
                 "f:1:1: 'site' must be an array of tables, written with [[two brackets]], not a "
                 "table"},
        FormCase{"[[site]]\nroot = \".\"\n[site.auth]\nrealm = \"x\"\n",
                 "f:3:1: 'auth' must be an array of tables, written with [[two brackets]], not a "
                 "table"},
        FormCase{"site = [1]\n", "f:1:9: 'site' must hold tables only, not the number 1"},
        FormCase{"server = 1979-05-27\n", "f:1:10: 'server' must be a table, not a date or a time"},
        FormCase{"[[server]]\n", "f:1:1: 'server' must be a table, not an array"},
        FormCase{"server.limits = true\n", "f:1:17: 'limits' must be a table, not true"},
        FormCase{"server.listen = [\"a\\tb\", 1]\n",
                 "f:1:26: 'listen' must hold strings only, not the number 1"},
        FormCase{"server.threads = \"2\\n3\"\n",
                 "f:1:18: 'threads' must be a whole number, from 0 to 1024, not the string "
                 "\"2\\n3\""}));

INSTANTIATE_TEST_SUITE_P(
    OutOfRange, ConfigFormTest,
    testing::Values(
        FormCase{"server.threads = -1\n",
                 "f:1:18: 'threads' must be a whole number, from 0 to 1024, not the number -1"},
        FormCase{"server.threads = 1025\n",
                 "f:1:18: 'threads' must be a whole number, from 0 to 1024, not the number 1025"},
        FormCase{"server.threads = 1.0\n",
                 "f:1:18: 'threads' must be a whole number, from 0 to 1024, not a number with a "
                 "fraction"},
        FormCase{"server.drain_timeout = 86401\n",
                 "f:1:24: 'drain_timeout' must be a whole number, from 0 to 86400, not the number "
                 "86401"},
        FormCase{"server.limits.receive_buffer_count = 65536\n",
                 "f:1:38: 'receive_buffer_count' must be a whole number, from 0 to 65535, not the "
                 "number 65536"},
        FormCase{"server.limits.pipe_count = 4294967296\n",
                 "f:1:28: 'pipe_count' must be a whole number, from 0 to 4294967295, not the "
                 "number 4294967296"},
        FormCase{"server.limits.cache_bytes = -9223372036854775808\n",
                 "f:1:29: 'cache_bytes' must be a whole number, 0 or more, not the number "
                 "-9223372036854775808"},
        FormCase{"[[site]]\nroot = \".\"\n[[site.redirect]]\nto = \"/\"\nstatus = 4294967597\n",
                 "f:5:10: 'status' must be a whole number, from 0 to 2147483647, not the number "
                 "4294967597"},
        FormCase{"[[site]]\nroot = \".\"\nerror_pages = { 399 = \"x\" }\n",
                 "f:3:17: '399' is no status of an error; 400 to 599 are"},
        FormCase{"[[site]]\nroot = \".\"\nerror_pages = { 600 = \"x\" }\n",
                 "f:3:17: '600' is no status of an error; 400 to 599 are"},
        FormCase{"[[site]]\nroot = \".\"\nerror_pages = { 0404 = \"x\" }\n",
                 "f:3:17: '0404' is no status of an error; 400 to 599 are"},
        FormCase{"[[site]]\nroot = \".\"\nerror_pages = { 4xx = \"x\" }\n",
                 "f:3:17: '4xx' is no status of an error; 400 to 599 are"}));

INSTANTIATE_TEST_SUITE_P(
    Missing, ConfigFormTest,
    testing::Values(
        FormCase{"\n[[site]]\n", "f:2:1: 'root' is missing"},
        FormCase{"[[site]]\nroot = \".\"\n\n [[site.mount]]\nroot = \".\"\n",
                 "f:4:2: 'path' is missing"},
        FormCase{"[[site]]\nroot = \".\"\n[[site.mount]]\npath = \"/\"\n",
                 "f:3:1: 'root' is missing"},
        FormCase{"[[site]]\nroot = \".\"\n[[site.redirect]]\nfrom = \"/\"\n",
                 "f:3:1: 'to' is missing"},
        FormCase{"[[site]]\nroot = \".\"\n[[site.rewrite]]\nfrom = \"/\"\n",
                 "f:3:1: 'to' is missing"},
        FormCase{"[[site]]\nroot = \".\"\n[[site.auth]]\n", "f:3:1: 'htpasswd' is missing"},
        FormCase{"site = [{ root = \".\", auth = [{}] }]\n", "f:1:31: 'htpasswd' is missing"}));

INSTANTIATE_TEST_SUITE_P(
    NoToml, ConfigFormTest,
    testing::Values(FormCase{"[[site]]\nroot = \n",
                             "f:2:8: this is no TOML: key-value pair: expected value, saw '\\n'"},
                    FormCase{"[[site]]\nlisting = true\nlisting = true\n",
                             "f:3:11: this is no TOML: key-value pair: cannot redefine existing "
                             "boolean 'listing'"}));

TEST(ConfigFormsTest, AllMistakesAreSaidInTheOrderOfTheText) {
  const char* const text =
      "[[site]]\n"
      "listing = 1\n"
      "[[site.auth]]\n"
      "relam = \"x\"\n"
      "hash = 1\n"
      "[[site]]\n"
      "index = [1, \"a\", 2]\n"
      "root = \".\"\n"
      "error_pages = { 200 = \"x\", 404 = 1 }\n"
      "[server]\n"
      "threads = \"many\"\n"
      "[server.limits]\n"
      "head_bytes = -1\n";
  const std::vector<std::string> lines = {
      "f:1:1: 'root' is missing",
      "f:2:11: 'listing' must be true or false, not the number 1",
      "f:3:1: 'htpasswd' is missing",
      "f:4:1: unknown key 'relam'; did you mean 'realm'?",
      "f:5:1: unknown key 'hash'; known here are 'path', 'realm' and 'htpasswd'",
      "f:7:10: 'index' must hold strings only, not the number 1",
      "f:7:18: 'index' must hold strings only, not the number 2",
      "f:9:17: '200' is no status of an error; 400 to 599 are",
      "f:9:34: '404' must be a string, not the number 1",
      "f:11:11: 'threads' must be a whole number, from 0 to 1024, not the string \"many\"",
      "f:13:14: 'head_bytes' must be a whole number, 0 or more, not the number -1",
  };
  EXPECT_EQ(lines_of(text), lines);
}

TEST(ConfigFormsTest, WhatIsRightIsReadAllTheSame) {
  const ConfigResult config =
      read_config("[[site]]\nroot = \"r\"\nindex = [1, \"a\"]\nbad = 1\n", "f", "");
  EXPECT_TRUE(config.parsed);
  EXPECT_EQ(config.mistakes.size(), 2u);
  EXPECT_EQ(config.options.sites[0].root, "r");
  EXPECT_EQ(config.options.sites[0].index, std::vector<std::string>{"a"});
  EXPECT_FALSE(read_config("x", "f", "").parsed);
}

TEST(ConfigFormsTest, AFileThatCannotBeReadSaysWhy) {
  const TemporaryDirectory directory;
  const std::string missing = directory.path_of("missing.toml");
  EXPECT_EQ(load_config(missing).error(), "'" + missing + "': No such file or directory");
  EXPECT_EQ(load_config(directory.path()).error(), "'" + directory.path() + "': Is a directory");
}

TEST(ConfigFormsTest, AFileIsTheBaseOfItsPaths) {
  const TemporaryDirectory directory;
  directory.write("conf/sluice.toml", "[[site]]\nroot = \"../www\"\n");
  const auto config = load_config(directory.path_of("conf/sluice.toml"));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->options.sites[0].root, directory.path_of("conf/../www"));
  EXPECT_EQ(config->file_name, directory.path_of("conf/sluice.toml"));
}

TEST(ConfigFormsTest, AFileThatIsTooLargeIsNotRead) {
  const TemporaryDirectory directory;
  directory.write("large.toml", std::string(kMostTomlBytes + 100'000, '\n'));
  const auto config = load_config(directory.path_of("large.toml"));
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->parsed);
  EXPECT_EQ(config->mistakes.size(), 1u);
}

// Texts made of the right words in the wrong places: each is read, or has mistakes in one line
// each.
TEST(ConfigFormsTest, AnythingIsReadOrHasMistakes) {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::string text;
    const size_t parts = random.between(1, 12);
    for (size_t i = 0; i < parts; ++i) {
      text += random.pick<std::string_view>({"[[site]]\n",
                                             "[server]\n",
                                             "[server.limits]\n",
                                             "[[site.header]]\n",
                                             "[site.mount]\n",
                                             "[[site.auth]]\n",
                                             "root = ",
                                             "hosts = ",
                                             "set = ",
                                             "threads = ",
                                             "error_pages = ",
                                             "1\n",
                                             "\"x\"\n",
                                             "[\"a\"]\n",
                                             "{ a = \"b\" }\n",
                                             "{ 404 = [] }\n",
                                             "true\n",
                                             "[1, [2]]\n",
                                             "\"\"\"a\nb\"\"\"\n",
                                             "{}\n",
                                             "[]\n"});
    }
    for (const std::string& line : lines_of(text)) {
      EXPECT_TRUE(line.starts_with("f:")) << line;
      EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    }
  }
}

}  // namespace
}  // namespace sluice::cli
