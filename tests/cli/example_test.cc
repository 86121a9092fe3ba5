// The example of a configuration, and those of its reference, are right.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "cli/config_file.h"

namespace sluice::cli {
namespace {

TEST(ExampleTest, HasNoMistakeAndServesTheExampleSite) {
  const auto config = load_config(SOURCE_DIRECTORY "/examples/sluice.toml");
  ASSERT_TRUE(config) << config.error();
  for (const Mistake& mistake : config->mistakes) ADD_FAILURE() << line_of(*config, mistake);
  ASSERT_FALSE(config->options.sites.empty());
  EXPECT_EQ(config->options.sites[0].root, SOURCE_DIRECTORY "/examples/site");
  for (const OptionProblem& problem : find_problems(config->options)) {
    ADD_FAILURE() << line_of(*config, locate(*config, problem));
  }
}

// What is commented out is right as well: a '#' with no blank behind it hides a setting.
TEST(ExampleTest, HasNoMistakeInWhatIsCommentedOut) {
  std::ifstream file(SOURCE_DIRECTORY "/examples/sluice.toml");
  std::string text;
  for (std::string line; std::getline(file, line);) {
    const bool setting = line.starts_with("#") && !line.starts_with("# ");
    text += (setting ? line.substr(1) : line) + "\n";
  }
  const ConfigResult config = read_config(text, "sluice.toml", "");
  for (const Mistake& mistake : config.mistakes) ADD_FAILURE() << line_of(config, mistake);
  EXPECT_FALSE(config.options.sites.at(0).auth.empty());
}

// Those of a table inside of a site stand without it.
TEST(ExampleTest, TheReferenceHasNoMistakeInItsExamples) {
  std::ifstream file(SOURCE_DIRECTORY "/docs/CONFIGURATION.md");
  size_t count = 0;
  for (std::string line; std::getline(file, line);) {
    if (line != "```toml") continue;
    std::string text;
    while (std::getline(file, line) && line != "```") text += line + "\n";
    SCOPED_TRACE(text);
    ++count;
    const std::string site = text.starts_with("[[site.") ? "[[site]]\nroot = \".\"\n" : "";
    const ConfigResult config = read_config(site + text, "CONFIGURATION.md", "");
    for (const Mistake& mistake : config.mistakes) ADD_FAILURE() << line_of(config, mistake);
  }
  EXPECT_GE(count, 10u);
}

}  // namespace
}  // namespace sluice::cli
