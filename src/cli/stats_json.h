// What a server has counted, for programs to read.
#pragma once

#include <string>

#include <sluice/stats.h>

namespace sluice::cli {

// One JSON object (RFC 8259) on one line, without its end. The names are those of the members, and
// of name_of() for routes and fallbacks.
std::string to_json(const Stats& stats);

}  // namespace sluice::cli
