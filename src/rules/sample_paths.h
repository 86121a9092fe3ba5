// Paths that a rule matches, to try out what rules do to them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "rules/rule_path.h"

namespace sluice::rules {

// The parts of paths that these rules speak of: from "/a/b/c" it is "a", "b", "c", "a/b/c", "b/c".
std::vector<std::string> words_of(std::span<const RulePath* const> rules);

// At most `max_count` paths that `rule` matches, none twice: its wildcards are nothing where that
// is allowed, a letter, "a/b", in combinations, and then each of `words`. The simplest come first.
std::vector<std::string> sample_paths(const RulePath& rule, const std::vector<std::string>& words,
                                      size_t max_count);

}  // namespace sluice::rules
