#include "http/media_type.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "http/characters.h"

namespace sluice::http {

namespace {

struct MediaTypeEntry {
  std::string_view extension;  // lower case, without the dot
  std::string_view type;
};

// kLongestExtension and kMediaTypes, sorted by extension. Made by generate_media_types.py.
#include "http/media_type_table.inc"

}  // namespace

std::string_view media_type(std::string_view path) noexcept {
  constexpr std::string_view kUnknown = "application/octet-stream";
  const size_t dot = path.find_last_of("./");
  if (dot == std::string_view::npos || path[dot] == '/') {
    return kUnknown;
  }
  const std::string_view suffix = path.substr(dot + 1);
  if (suffix.size() > kLongestExtension) {
    return kUnknown;
  }
  char lower[kLongestExtension];
  std::ranges::transform(suffix, lower, to_lower);
  const std::string_view extension(lower, suffix.size());
  const auto entry =
      std::ranges::lower_bound(kMediaTypes, extension, {}, &MediaTypeEntry::extension);
  const bool found = entry != std::end(kMediaTypes) && entry->extension == extension;
  return found ? entry->type : kUnknown;
}

}  // namespace sluice::http
