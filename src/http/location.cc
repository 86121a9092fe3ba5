#include "http/location.h"

#include <string_view>

#include "http/characters.h"
#include "http/percent_encoding.h"

namespace sluice::http {

size_t write_directory_location(const TargetPath& path, std::span<char> out) noexcept {
  const std::string_view relative_path = path.path();
  const std::string_view query = path.query();
  const bool slash = !relative_path.empty();
  size_t size = 1 + (slash ? 1 : 0) + query.size();
  percent_encode(relative_path, is_location_path_char, [&size](char) { ++size; });
  if (size > out.size()) {
    return 0;
  }
  char* to = out.data();
  *to++ = '/';
  percent_encode(relative_path, is_location_path_char, [&to](char c) { *to++ = c; });
  if (slash) {
    *to++ = '/';
  }
  query.copy(to, query.size());
  return size;
}

}  // namespace sluice::http
