#include "http/target_path.h"

#include <cstring>

#include "http/characters.h"
#include "http/host_field.h"

namespace sluice::http {

// Appends decoded bytes to a path and resolves each segment when it ends.
class TargetPathBuilder {
 public:
  explicit TargetPathBuilder(TargetPath& path) noexcept : path_(path) {
    path_.length_ = 0;
    path_.hidden_ = false;
    path_.directory_form_ = true;
    path_.query_ = {};
  }

  // Both answer 0 or an error status.
  int add(char c) noexcept {
    if (c == '/') {
      return end_segment(true);
    }
    if (c == '\0') {
      return 400;
    }
    // The last byte is the NUL's.
    if (end_ + 1 >= kPathCapacity) {
      return 404;
    }
    path_.buffer_[end_++] = c;
    return 0;
  }

  int finish(std::string_view query) noexcept {
    if (const int status = end_segment(false); status != 0) {
      return status;
    }
    // Every segment is followed by a slash while more may come.
    path_.length_ = begin_ > 0 ? begin_ - 1 : 0;
    path_.buffer_[path_.length_] = '\0';
    path_.query_ = query;
    path_.hidden_ = path_.buffer_[0] == '.' || std::strstr(path_.buffer_, "/.") != nullptr;
    return 0;
  }

 private:
  // The current segment is [begin_, end_); what is before it is resolved and ends in a slash.
  int end_segment(bool by_slash) noexcept {
    const std::string_view segment(path_.buffer_ + begin_, end_ - begin_);
    const bool dots = segment == "." || segment == "..";
    if (segment.empty() || dots) {
      end_ = begin_;
      if (!segment.empty() || by_slash) {
        path_.directory_form_ = true;
      }
      return segment == ".." ? leave_segment() : 0;
    }
    path_.directory_form_ = by_slash;
    // The separator takes the room that finish() needs for the NUL: add() has left it free.
    path_.buffer_[end_++] = '/';
    begin_ = end_;
    return 0;
  }

  int leave_segment() noexcept {
    if (begin_ == 0) {
      return 400;
    }
    const std::string_view parents(path_.buffer_, begin_ - 1);
    const size_t slash = parents.rfind('/');
    begin_ = slash == std::string_view::npos ? 0 : slash + 1;
    end_ = begin_;
    return 0;
  }

  TargetPath& path_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

namespace {

// What follows scheme and authority of a target in absolute form; the target itself in origin form.
// Nothing if it is neither.
std::expected<std::string_view, int> path_and_query(std::string_view target) noexcept {
  if (target.starts_with('/')) {
    return target;
  }
  for (const std::string_view scheme :
       {std::string_view("http://"), std::string_view("https://")}) {
    if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme)) {
      continue;
    }
    const std::string_view rest = target.substr(scheme.size());
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    if (!is_valid_host(authority)) {
      return std::unexpected(400);
    }
    return rest.substr(authority.size());
  }
  return std::unexpected(400);
}

// The byte that the escape at the beginning of `text` stands for, or -1.
int unescape(std::string_view text) noexcept {
  if (text.size() < 3) {
    return -1;
  }
  const int high = hex_value(text[1]);
  const int low = hex_value(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

}  // namespace

std::expected<void, int> parse_target(std::string_view target, TargetPath& out) noexcept {
  const auto reference = path_and_query(target);
  if (!reference) {
    return std::unexpected(reference.error());
  }
  for (const char c : target) {
    if (!is_target_char(c)) {
      return std::unexpected(400);
    }
  }
  const std::string_view path = reference->substr(0, reference->find('?'));
  TargetPathBuilder builder(out);
  for (size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    if (c == '%') {
      const int byte = unescape(path.substr(i));
      if (byte < 0) {
        return std::unexpected(400);
      }
      c = static_cast<char>(byte);
      i += 2;
    }
    if (const int status = builder.add(c); status != 0) {
      return std::unexpected(status);
    }
  }
  if (const int status = builder.finish(reference->substr(path.size())); status != 0) {
    return std::unexpected(status);
  }
  return {};
}

}  // namespace sluice::http
