// What a rewrite makes of a path.
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "rules/substitution.h"

namespace sluice::rules {

class RewriteTarget {
 public:
  // `to` is a decoded absolute path without "//", dot segments, control bytes, '?' and '#'. Fails
  // with what is wrong, for a person.
  static std::expected<RewriteTarget, std::string> compile(std::string_view to,
                                                           size_t capture_count);

  // Writes the new path, decoded: the captures put in, `rest` (empty or with '/' in front)
  // appended. Returns the bytes written, 0 if they do not fit or if the captures have made a
  // segment "." or ".." ("/x**" → "/y/$1" for "/x../z"): nothing may be served for those.
  // REQUIRES: what the captures and the rest refer to does not overlap `out`.
  size_t write(const Captures& captures, std::string_view rest, std::span<char> out) const noexcept;

 private:
  Substitution path_;
};

}  // namespace sluice::rules
