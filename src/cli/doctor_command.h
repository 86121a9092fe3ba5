// `sluice doctor`.
#pragma once

#include <CLI/CLI.hpp>

namespace sluice::cli {

class DoctorCommand {
 public:
  // Adds the command to `app`.
  explicit DoctorCommand(CLI::App& app);

  bool chosen() const { return command_->parsed(); }

  // Prints what this system allows, a line a feature or limit, and then whether it is enough.
  // Returns the exit code: 0 where sluice can serve, 1 where it cannot.
  int run() const;

 private:
  CLI::App* command_;
};

}  // namespace sluice::cli
