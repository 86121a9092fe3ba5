#include "cli/check_command.h"

#include <fmt/core.h>

#include <sluice/options.h>

#include "cli/config_file.h"

namespace sluice::cli {

namespace {

std::string count_of(size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

CheckCommand::CheckCommand(CLI::App& app)
    : command_(app.add_subcommand("check", "Look for mistakes in a configuration file")) {
  command_->add_option("FILE", path_, "The file")->required();
}

int CheckCommand::run() const {
  auto config = load_config(path_);
  if (!config) {
    fmt::print(stderr, "sluice: FILE {}\n", config.error());
    return 2;
  }
  if (config->parsed) add_problems(find_problems(config->options), *config);
  for (const Mistake& mistake : config->mistakes) {
    fmt::print(stderr, "{}\n", line_of(*config, mistake));
  }
  if (!config->mistakes.empty()) return 2;
  fmt::print("{}: ok ({}, {})\n", path_, count_of(config->options.sites.size(), "site"),
             count_of(config->options.listen.size(), "listener"));
  return 0;
}

}  // namespace sluice::cli
