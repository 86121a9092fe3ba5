// `sluice serve`.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/serve_flags.h"

namespace sluice::cli {

class ServeCommand {
 public:
  // Adds the command and its flags to `app`.
  explicit ServeCommand(CLI::App& app);

  bool chosen() const { return command_->parsed(); }

  // Serves until a signal says otherwise. Returns the exit code: 0, 1 (the system refused) or 2
  // (the flags or the configuration file cannot be honoured); the reason has been printed.
  int run() const;

 private:
  CLI::App* command_;
  ServeFlags flags_;
};

}  // namespace sluice::cli
