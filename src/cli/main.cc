#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <sluice/server.h>

#include "cli/check_command.h"
#include "cli/doctor_command.h"
#include "cli/flag_errors.h"
#include "cli/serve_command.h"

int main(int argc, char** argv) {
  CLI::App app(
      "sluice: serves files over HTTP, from the page cache to the socket, through io_uring");
  app.set_version_flag("--version", std::string("sluice ") + sluice::version());
  app.require_subcommand(1);
  sluice::cli::ServeCommand serve(app);
  sluice::cli::CheckCommand check(app);
  sluice::cli::DoctorCommand doctor(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    fmt::print(stderr, "sluice: {}\n", sluice::cli::describe(app, error));
    return 2;
  }
  if (check.chosen()) return check.run();
  return doctor.chosen() ? doctor.run() : serve.run();
}
