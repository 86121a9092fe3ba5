// From a request target to a path below the document root (RFC 9112 §3.2, RFC 3986 §2.1, §5.2.4).
#pragma once

#include <cstddef>
#include <expected>
#include <string_view>

namespace sluice::http {

inline constexpr size_t kPathCapacity = 4096;  // PATH_MAX, which counts the final NUL

// The path that a target names. Refers to the target's bytes for its query and its authority.
class TargetPath {
 public:
  TargetPath() noexcept {
    buffer_[0] = '/';
    buffer_[1] = '\0';
  }

  // Relative to the root: decoded once, dot segments resolved, repeated slashes merged, no slash at
  // either end, "" for the root. Holds no NUL and no segment that is "", "." or "..".
  std::string_view path() const noexcept { return {relative(), length_}; }

  // The same path as rules see it: with a slash in front, and behind if directory_form(). "/" for
  // the root, "/a/b", "/a/b/".
  std::string_view absolute() const noexcept { return {buffer_, 1 + terminated_length()}; }

  // path() for the system, which wants a NUL at its end: what names a directory by its form keeps
  // the slash behind ("a/b/"), so that nothing but a directory is found there. "" for the root.
  const char* c_str() const noexcept { return relative(); }

  // As it was sent, with its '?'; empty if there is none.
  std::string_view query() const noexcept { return query_; }

  // Of a target in absolute form, as it was sent; it counts instead of Host (RFC 9112 §3.2.2).
  // Empty in origin form.
  std::string_view authority() const noexcept { return authority_; }

  // True exactly when the target names a directory by its form: the path ended in '/' or in a dot
  // segment, or is the root.
  bool directory_form() const noexcept { return directory_form_; }

  // Takes another path in the place of the one it has, such as a rewrite's result: decoded already,
  // so a '%' is a '%', and resolved here as that of a target. `query` is what query() will be. The
  // authority stays what it is. Returns as parse_target(): 400 also where no '/' is in front.
  // REQUIRES: `decoded_absolute_path` is no view of this object.
  std::expected<void, int> assign(std::string_view decoded_absolute_path,
                                  std::string_view query) noexcept;

 private:
  friend class TargetPathBuilder;
  friend std::expected<void, int> parse_target(std::string_view target, TargetPath& out) noexcept;

  const char* relative() const noexcept { return buffer_ + 1; }
  size_t terminated_length() const noexcept {
    return length_ + (length_ > 0 && directory_form_ ? 1 : 0);
  }

  size_t length_ = 0;
  std::string_view query_;
  std::string_view authority_;
  bool directory_form_ = true;
  // '/', the path, a slash if directory_form() and it is not the root, NUL.
  char buffer_[1 + kPathCapacity + 1];
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
