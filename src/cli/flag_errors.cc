#include "cli/flag_errors.h"

#include <fmt/core.h>

#include <charconv>

namespace sluice::cli {

namespace {

// The command that was asked for, or the program itself.
const CLI::App& chosen_command(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : *chosen.front();
}

std::string list_flags(const CLI::App& command) {
  std::string flags;
  for (const CLI::Option* option : command.get_options()) {
    if (!flags.empty()) flags += ", ";
    flags += option->get_name();
  }
  return flags;
}

std::string list_commands(const CLI::App& app) {
  std::string names;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (!names.empty()) names += ", ";
    names += command->get_name();
  }
  return names;
}

}  // namespace

CLI::Validator whole_number(uint64_t least, uint64_t most) {
  const auto check = [least, most](const std::string& text) {
    uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    const bool whole = parsed.ec == std::errc() && parsed.ptr == end;
    if (whole && number >= least && number <= most) return std::string();
    return fmt::format("'{}' is not allowed; a whole number from {} to {} is", text, least, most);
  };
  return {check, ""};
}

CLI::Validator not_empty(const std::string& allowed) {
  const auto check = [allowed](const std::string& text) {
    return text.empty() ? fmt::format("'' is not allowed; {} is", allowed) : std::string();
  };
  return {check, ""};
}

std::string describe(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = chosen_command(app);
  const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
  const bool command_missing = code == CLI::ExitCodes::RequiredError && &command == &app;
  if (code == CLI::ExitCodes::ExtrasError || command_missing) {
    const auto unknown = app.remaining(true);
    if (unknown.empty()) {
      return fmt::format("a command is missing; allowed are {}", list_commands(app));
    }
    const bool command_wanted = command_missing && !unknown.front().starts_with('-');
    return fmt::format("'{}' is not known; allowed are {}", unknown.front(),
                       command_wanted ? list_commands(app) : list_flags(command));
  }
  return fmt::format("{}; see 'sluice {}{}--help'", error.what(), command.get_name(),
                     &command == &app ? "" : " ");
}

}  // namespace sluice::cli
