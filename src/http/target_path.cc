#include "http/target_path.h"

#include <optional>

#include "base/assert.h"
#include "http/characters.h"
#include "http/host_field.h"
#include "http/percent_encoding.h"

namespace sluice::http {

// Appends decoded bytes to a path and resolves each segment when it ends.
class TargetPathBuilder {
 public:
  explicit TargetPathBuilder(TargetPath& path) noexcept : path_(path), text_(path.buffer_ + 1) {
    path_.length_ = 0;
    path_.directory_form_ = true;
  }

  // Both answer 0 or an error status.
  int add(char c) noexcept {
    if (c == '/') {
      return end_segment(true);
    }
    if (c == '\0') {
      return 400;
    }
    // Two bytes remain for the slash behind the segment and the NUL.
    if (end_ + 1 >= kPathCapacity) {
      return 404;
    }
    text_[end_++] = c;
    return 0;
  }

  int finish(std::string_view query) noexcept {
    if (const int status = end_segment(false); status != 0) {
      return status;
    }
    // Every segment is followed by a slash while more may come.
    path_.length_ = begin_ > 0 ? begin_ - 1 : 0;
    text_[path_.terminated_length()] = '\0';
    path_.query_ = query;
    return 0;
  }

 private:
  // The current segment is [begin_, end_); what is before it is resolved and ends in a slash.
  int end_segment(bool by_slash) noexcept {
    const std::string_view segment(text_ + begin_, end_ - begin_);
    const bool dots = segment == "." || segment == "..";
    if (segment.empty() || dots) {
      end_ = begin_;
      if (!segment.empty() || by_slash) {
        path_.directory_form_ = true;
      }
      return segment == ".." ? leave_segment() : 0;
    }
    path_.directory_form_ = by_slash;
    text_[end_++] = '/';
    begin_ = end_;
    return 0;
  }

  int leave_segment() noexcept {
    if (begin_ == 0) {
      return 400;
    }
    const std::string_view parents(text_, begin_ - 1);
    const size_t slash = parents.rfind('/');
    begin_ = slash == std::string_view::npos ? 0 : slash + 1;
    end_ = begin_;
    return 0;
  }

  TargetPath& path_;
  char* text_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

namespace {

struct TargetParts {
  std::string_view authority;  // empty in origin form
  std::string_view path_and_query;
};

// Nothing if it is neither of the two forms.
std::expected<TargetParts, int> split_target(std::string_view target) noexcept {
  if (target.starts_with('/')) {
    return TargetParts{{}, target};
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
    return TargetParts{authority, rest.substr(authority.size())};
  }
  return std::unexpected(400);
}

std::expected<void, int> as_expected(int status) noexcept {
  if (status != 0) {
    return std::unexpected(status);
  }
  return {};
}

}  // namespace

std::expected<void, int> parse_target(std::string_view target, TargetPath& out) noexcept {
  const auto parts = split_target(target);
  if (!parts) {
    return std::unexpected(parts.error());
  }
  for (const char c : target) {
    if (!is_target_char(c)) {
      return std::unexpected(400);
    }
  }
  const std::string_view reference = parts->path_and_query;
  const std::string_view path = reference.substr(0, reference.find('?'));
  TargetPathBuilder builder(out);
  for (size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    if (c == '%') {
      const std::optional<char> byte = decode_escape(path.substr(i));
      if (!byte) {
        return std::unexpected(400);
      }
      c = *byte;
      i += kEscapeSize - 1;
    }
    if (const int status = builder.add(c); status != 0) {
      return std::unexpected(status);
    }
  }
  out.authority_ = parts->authority;
  return as_expected(builder.finish(reference.substr(path.size())));
}

std::expected<void, int> TargetPath::assign(std::string_view decoded_absolute_path,
                                            std::string_view query) noexcept {
  SLUICE_ASSERT(query.empty() || query.starts_with('?'));
  if (!decoded_absolute_path.starts_with('/')) {
    return std::unexpected(400);
  }
  TargetPathBuilder builder(*this);
  for (const char c : decoded_absolute_path) {
    if (const int status = builder.add(c); status != 0) {
      return std::unexpected(status);
    }
  }
  return as_expected(builder.finish(query));
}

}  // namespace sluice::http
