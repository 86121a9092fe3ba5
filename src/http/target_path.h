// From a request target to a path below the document root (RFC 9112 §3.2, RFC 3986 §2.1, §5.2.4).
#pragma once

#include <cstddef>
#include <expected>
#include <string_view>

namespace sluice::http {

inline constexpr size_t kPathCapacity = 4096;  // PATH_MAX, which counts the final NUL

// The path that a target names. Refers to the target's bytes for its query.
class TargetPath {
 public:
  TargetPath() noexcept { buffer_[0] = '\0'; }

  // Relative to the root: decoded once, dot segments resolved, repeated slashes merged, no slash at
  // either end, "" for the root. Holds no NUL and no segment that is "", "." or "..".
  std::string_view path() const noexcept { return {buffer_, length_}; }
  const char* c_str() const noexcept { return buffer_; }

  // As it was sent, with its '?'; empty if there is none.
  std::string_view query() const noexcept { return query_; }

  // True exactly when the target names a directory by its form: the path ended in '/' or in a dot
  // segment, or is the root.
  bool directory_form() const noexcept { return directory_form_; }

  // True exactly when a segment of path() begins with '.'.
  bool hidden() const noexcept { return hidden_; }

 private:
  friend class TargetPathBuilder;

  size_t length_ = 0;
  std::string_view query_;
  bool directory_form_ = true;
  bool hidden_ = false;
  char buffer_[kPathCapacity];
};

// Reads origin form ("/a?b") and absolute form ("http://host/a?b", also https; the scheme in any
// case, the authority without userinfo). The path is decoded first and then resolved, so an escaped
// dot or slash is a dot or a slash, and what is decoded is never decoded again.
//
// Fills `out`, or returns the status to answer and leaves `out` unspecified: 400 for any other
// form, a malformed escape, an escaped NUL, a character that no target may hold, a ".." above the
// root; 404 for a path longer than the system could open.
std::expected<void, int> parse_target(std::string_view target, TargetPath& out) noexcept;

}  // namespace sluice::http
