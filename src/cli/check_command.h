// `sluice check`.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace sluice::cli {

class CheckCommand {
 public:
  // Adds the command to `app`.
  explicit CheckCommand(CLI::App& app);

  bool chosen() const { return command_->parsed(); }

  // Looks for all mistakes in a configuration file, as `sluice serve --config` would find them, and
  // prints them to standard error. Returns the exit code: 0 without a mistake, 2 with one or with a
  // file that cannot be read.
  int run() const;

 private:
  CLI::App* command_;
  std::string path_;
};

}  // namespace sluice::cli
