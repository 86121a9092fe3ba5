#include "rules/rewrite_target.h"

#include "rules/control_bytes.h"
#include "rules/message.h"

namespace sluice::rules {

namespace {

bool has_dot_segment(std::string_view path) noexcept {
  for (size_t at = path.find("/."); at != std::string_view::npos; at = path.find("/.", at + 1)) {
    const std::string_view rest = path.substr(at + 1);
    const std::string_view segment = rest.substr(0, rest.find('/'));
    if (segment == "." || segment == "..") {
      return true;
    }
  }
  return false;
}

}  // namespace

std::expected<RewriteTarget, std::string> RewriteTarget::compile(std::string_view to,
                                                                 size_t capture_count) {
  if (!to.starts_with('/') || to.contains("//") || has_dot_segment(to)) {
    return std::unexpected(message(
        "\"", to, "\" is no path: one with a '/' in front and neither '//' nor dot segments"));
  }
  if (has_control_byte(to)) {
    return std::unexpected("a path holds no control characters");
  }
  if (to.find_first_of("?#") != std::string_view::npos) {
    return std::unexpected(message("\"", to, "\" is a path: without '?' and '#'"));
  }
  auto path = Substitution::compile(to, capture_count);
  if (!path) {
    return std::unexpected(path.error());
  }
  RewriteTarget target;
  target.path_ = *std::move(path);
  return target;
}

size_t RewriteTarget::write(const Captures& captures, std::string_view rest,
                            std::span<char> out) const noexcept {
  BoundedOutput output(out);
  path_.put(captures, Escaping::kNone, true, output);
  if (rest.starts_with('/') && output.ends_in_slash()) {
    rest.remove_prefix(1);
  }
  output.put(rest);
  const size_t size = output.size();
  return has_dot_segment({out.data(), size}) ? 0 : size;
}

}  // namespace sluice::rules
