// The paths that a rule is about: those of a pattern, or those that begin with a prefix.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "rules/pattern.h"

namespace sluice::rules {

class RulePath {
 public:
  static RulePath of_pattern(Pattern pattern) noexcept;

  // "/docs" is "/docs" and all below it, "/docs/…"; "/docs/" only what is below it; "/" is
  // everything. Fails with what is wrong, for a person.
  static std::expected<RulePath, std::string> of_prefix(std::string_view prefix);

  // Whether `path` is one of them. Fills `captures` (none for a prefix) and `rest`: what follows
  // the prefix, empty or with '/' in front; empty for a pattern.
  bool match(std::string_view path, Captures& captures, std::string_view& rest) const noexcept;

  // For callers that have found the path to begin with literal_prefix(), to end in
  // literal_suffix(), and to have min_size() bytes.
  bool match_middle(std::string_view path) const noexcept {
    return is_prefix_ ? prefix_ends_segment(path) : pattern_.match_middle(path);
  }

  std::string_view literal_prefix() const noexcept {
    return is_prefix_ ? std::string_view(prefix_) : pattern_.literal_prefix();
  }
  std::string_view literal_suffix() const noexcept { return pattern_.literal_suffix(); }
  size_t min_size() const noexcept { return is_prefix_ ? prefix_.size() : pattern_.min_size(); }
  size_t capture_count() const noexcept { return is_prefix_ ? 0 : pattern_.capture_count(); }
  // Nothing but literal_prefix() itself matches.
  bool exact() const noexcept { return !is_prefix_ && pattern_.exact(); }

  // True if the wildcards match whatever is between literal prefix and suffix.
  bool any_middle() const noexcept { return !is_prefix_ && pattern_.any_middle(); }

  bool is_prefix() const noexcept { return is_prefix_; }
  // REQUIRES: !is_prefix().
  const Pattern& pattern() const noexcept { return pattern_; }

 private:
  RulePath() = default;

  bool prefix_ends_segment(std::string_view path) const noexcept {
    return prefix_.ends_with('/') || path.size() == prefix_.size() || path[prefix_.size()] == '/';
  }

  Pattern pattern_;
  std::string prefix_;
  bool is_prefix_ = false;
};

}  // namespace sluice::rules
