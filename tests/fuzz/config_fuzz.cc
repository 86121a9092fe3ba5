// read_config() and add_problems(). Input: the text of a configuration.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "cli/config_file.h"
#include "fuzz/fuzz_input.h"

namespace sluice::fuzz {
namespace {

using cli::ConfigResult;
using cli::Mistake;
using cli::Position;

// Behind the last byte of a line there are two more places: that of its LF, and that of the end of
// a text, which toml++ counts to the line before it.
bool is_in_text(Position position, std::string_view text) {
  const auto lines = static_cast<size_t>(std::ranges::count(text, '\n')) + 1;
  if (position.line < 1 || position.line > lines + 1 || position.column < 1) return false;
  for (uint32_t line = 1; line < position.line; ++line) {
    text.remove_prefix(std::min(text.size(), text.find('\n') + 1));
  }
  return position.column <= text.substr(0, text.find('\n')).size() + 2;
}

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

void check_mistakes(const ConfigResult& config, std::string_view text) {
  SLUICE_CHECK(config.parsed || config.mistakes.size() == 1);
  SLUICE_CHECK(std::ranges::is_sorted(config.mistakes, {}, &Mistake::position));
  for (const Mistake& mistake : config.mistakes) {
    SLUICE_CHECK(!mistake.message.empty());
    SLUICE_CHECK(is_in_text(mistake.position, text));
    const std::string line = cli::line_of(config, mistake);
    SLUICE_CHECK(line.starts_with("f:") && is_one_line(line));
  }
}

std::vector<OptionProblem> some_problems(const Options& options) {
  std::vector<OptionProblem> problems = {
      {"listen[0]", "p"}, {"limits.head_bytes", "p"}, {"", "p"}, {"sites", "p"}};
  for (size_t i = 0; i <= options.sites.size() && i < 4; ++i) {
    const std::string site = "sites[" + std::to_string(i) + "]";
    for (const char* const member : {"", ".root", ".headers[0].add[1].value", ".hosts[2]",
                                     ".mounts[0].error_pages[404]", ".redirects[1].from"}) {
      problems.push_back({site + member, "p"});
    }
  }
  return problems;
}

void check_options(const ConfigResult& config) {
  for (const Site& site : config.options.sites) {
    SLUICE_CHECK(site.root.find('\0') == std::string::npos);
    SLUICE_CHECK(site.root.empty() || site.root.starts_with('/'));
    for (const auto& [status, page] : site.error_pages) {
      SLUICE_CHECK(status >= 400 && status <= 599);
    }
  }
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  const fuzz::ExactBytes text(fuzz::FuzzInput(data, size).rest());
  cli::ConfigResult config = cli::read_config(text.view(), "f", "/base");
  fuzz::check_mistakes(config, text.view());
  if (!config.parsed) return 0;
  fuzz::check_options(config);
  const size_t mistake_count = config.mistakes.size();
  const std::vector<OptionProblem> problems = fuzz::some_problems(config.options);
  cli::add_problems(problems, config);
  SLUICE_CHECK(config.mistakes.size() >= mistake_count);
  SLUICE_CHECK(config.mistakes.size() <= mistake_count + problems.size());
  fuzz::check_mistakes(config, text.view());
  return 0;
}
