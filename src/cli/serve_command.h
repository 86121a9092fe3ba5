// `sluice serve`.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>

#include <sluice/options.h>

namespace sluice::cli {

class ServeCommand {
 public:
  // Adds the command and its flags to `app`.
  explicit ServeCommand(CLI::App& app);

  bool chosen() const { return command_->parsed(); }

  // Serves until a signal says otherwise. Returns the exit code: 0, 1 (the system refused) or 2
  // (the flags cannot be honoured); the reason has been printed.
  int run();

 private:
  CLI::App* command_;
  Options options_;
  uint64_t drain_timeout_seconds_ = 10;
  bool quiet_ = false;
};

}  // namespace sluice::cli
