// The configuration file of `sluice serve --config` and `sluice check`: docs/CONFIGURATION.md.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/options.h>

#include "cli/config_reader.h"
#include "cli/toml_document.h"

namespace sluice::cli {

struct ConfigResult {
  std::string file_name;
  Options options;
  std::optional<uint64_t> drain_timeout_seconds;
  std::vector<Mistake> mistakes;  // in the order of the text
  // False: the text is no TOML, so nothing can be said about the options.
  bool parsed = false;
  MemberPositions positions;
};

// Reads the text of a configuration and finds all mistakes of its form: no TOML, unknown keys,
// values of wrong types and out of range, what is missing. Does no I/O. `file_name` is what the
// file is called in messages; relative paths in the text are relative to `base_directory` (empty:
// they stay as they are).
ConfigResult read_config(std::string_view text, std::string_view file_name,
                         std::string_view base_directory);

// The same for a file, with paths relative to its directory; or why it cannot be read.
std::expected<ConfigResult, std::string> load_config(const std::string& path);

// Adds what find_problems() has found to the mistakes, each at the place that it is about. Leaves
// out what is wrong already by its form.
void add_problems(const std::vector<OptionProblem>& problems, ConfigResult& config);

// "sluice.toml:12:3: message", without its end: one line, whatever the message has.
std::string line_of(const ConfigResult& config, const Mistake& mistake);

// A problem as a mistake at its place in the text.
Mistake locate(const ConfigResult& config, const OptionProblem& problem);

}  // namespace sluice::cli
