// What a TOML text must not have for toml++ 3.3 to read it safely.
#pragma once

#include <optional>
#include <string_view>

#include "cli/toml_document.h"

namespace sluice::cli {

// The first place that the library would not survive, whether or not it is right TOML:
//   - a key with more than nine parts; the library makes a table of each, frees them by recursion,
//     and has no bound for them;
//   - characters other than ASCII outside of strings and comments (which is no TOML), or as the
//     first behind a line that ends in '\' in a string: their classification is undefined.
// Exact up to the first mistake of syntax, where the library stops.
std::optional<Mistake> find_unsafe(std::string_view text);

}  // namespace sluice::cli
