#include "http/location.h"

#include <algorithm>

#include "base/assert.h"
#include "http/characters.h"

namespace sluice::http {

namespace {

bool is_kept(char c, std::string_view escaped_besides) noexcept {
  return (is_location_char(c) || c == '/') && escaped_besides.find(c) == std::string_view::npos;
}

size_t escaped_size(std::string_view decoded, std::string_view escaped_besides) noexcept {
  size_t size = 0;
  for (const char c : decoded) {
    size += is_kept(c, escaped_besides) ? 1 : 3;
  }
  return size;
}

char* append_escaped(char* to, std::string_view decoded,
                     std::string_view escaped_besides) noexcept {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : decoded) {
    if (is_kept(c, escaped_besides)) {
      *to++ = c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    *to++ = '%';
    *to++ = kDigits[byte >> 4];
    *to++ = kDigits[byte & 15];
  }
  return to;
}

// "/", the path, "/" if `as_directory` and there is a path, the query.
size_t write_reference(std::string_view relative_path, bool as_directory, std::string_view query,
                       std::span<char> out) noexcept {
  const bool slash = as_directory && !relative_path.empty();
  const size_t size = 1 + escaped_size(relative_path, {}) + (slash ? 1 : 0) + query.size();
  if (size > out.size()) {
    return 0;
  }
  char* to = out.data();
  *to++ = '/';
  to = append_escaped(to, relative_path, {});
  if (slash) {
    *to++ = '/';
  }
  query.copy(to, query.size());
  return size;
}

}  // namespace

size_t write_location(std::string_view decoded_absolute_path, std::string_view query,
                      std::span<char> out) noexcept {
  SLUICE_ASSERT(decoded_absolute_path.starts_with('/'));
  const size_t begin =
      std::min(decoded_absolute_path.find_first_not_of('/'), decoded_absolute_path.size());
  return write_reference(decoded_absolute_path.substr(begin), false, query, out);
}

size_t write_directory_location(const TargetPath& path, std::span<char> out) noexcept {
  return write_reference(path.path(), true, path.query(), out);
}

size_t write_escaped_path(std::string_view decoded_path, std::span<char> out) noexcept {
  constexpr std::string_view kEscapedBesides = ":&";
  const size_t size = escaped_size(decoded_path, kEscapedBesides);
  if (size > out.size()) {
    return 0;
  }
  append_escaped(out.data(), decoded_path, kEscapedBesides);
  return size;
}

}  // namespace sluice::http
