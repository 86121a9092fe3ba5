// What a person is told whose flags are not right: one line.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>

namespace sluice::cli {

// For CLI::Option::check(): a whole number from `least` to `most`.
CLI::Validator whole_number(uint64_t least, uint64_t most);

// For CLI::Option::check(): anything but an empty value. `allowed` says what a value is.
CLI::Validator not_empty(const std::string& allowed);

// Names the flag, its value, and what would be allowed.
std::string describe(const CLI::App& app, const CLI::ParseError& error);

}  // namespace sluice::cli
