// Where a redirect leads: the value of its Location (RFC 9110 §10.2.2).
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "rules/substitution.h"

namespace sluice::rules {

class RedirectTarget {
 public:
  // `to` is a path with exactly one '/' in front, or an http or https URL with a valid host and no
  // capture in it; visible ASCII without '"', '<', '>' and '\', escapes well-formed. It may have a
  // query and a fragment. Fails with what is wrong, for a person.
  static std::expected<RedirectTarget, std::string> compile(std::string_view to,
                                                            size_t capture_count);

  // Writes the Location: captures percent-encoded, `rest` (decoded; empty or with '/' in front)
  // appended to the path, `query` (as it was sent, with its '?', or empty) unless `to` has one.
  // What a client sent can become neither the host nor another field.
  // Returns the bytes written, 0 if they do not fit.
  size_t write(const Captures& captures, std::string_view rest, std::string_view query,
               std::span<char> out) const noexcept;

 private:
  std::string origin_;  // "https://example.org", "" for a path
  Substitution path_;
  Substitution query_;  // with its '?'
  bool has_query_ = false;
  Substitution fragment_;  // with its '#'
};

}  // namespace sluice::rules
