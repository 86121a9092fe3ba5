#include "rules/rule_path.h"

#include "rules/control_bytes.h"
#include "rules/message.h"

namespace sluice::rules {

RulePath RulePath::of_pattern(Pattern pattern) noexcept {
  RulePath path;
  path.pattern_ = std::move(pattern);
  return path;
}

std::expected<RulePath, std::string> RulePath::of_prefix(std::string_view prefix) {
  if (!prefix.starts_with('/') || prefix.contains("//")) {
    return std::unexpected(
        message("\"", prefix, "\" is no path: one with a '/' in front and no '//'"));
  }
  if (prefix.size() > kMaxPatternBytes) {
    return std::unexpected(
        message("the prefix has ", prefix.size(), " bytes; ", kMaxPatternBytes, " are allowed"));
  }
  if (has_control_byte(prefix)) {
    return std::unexpected("a prefix holds no control characters");
  }
  if (prefix.find_first_of("*?") != std::string_view::npos) {
    return std::unexpected(
        message("\"", prefix, "\" has wildcards, which a prefix has not; `from` is a pattern"));
  }
  RulePath path;
  path.prefix_ = prefix;
  path.is_prefix_ = true;
  return path;
}

bool RulePath::match(std::string_view path, Captures& captures,
                     std::string_view& rest) const noexcept {
  rest = {};
  if (!is_prefix_) {
    return pattern_.match(path, &captures);
  }
  captures.count = 0;
  if (path.size() > kMaxPathBytes || !path.starts_with(prefix_) || !prefix_ends_segment(path)) {
    return false;
  }
  rest = path.substr(prefix_.size() - (prefix_.ends_with('/') ? 1 : 0));
  return true;
}

}  // namespace sluice::rules
