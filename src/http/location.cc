#include "http/location.h"

#include "http/characters.h"

namespace sluice::http {

size_t write_directory_location(const TargetPath& path, std::span<char> out) noexcept {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const std::string_view decoded = path.path();
  size_t size = decoded.empty() ? 1 : 2;  // the slash in front, and the one behind
  for (const char c : decoded) {
    size += is_location_char(c) || c == '/' ? 1 : 3;
  }
  if (size + path.query().size() > out.size()) {
    return 0;
  }
  char* to = out.data();
  *to++ = '/';
  for (const char c : decoded) {
    if (is_location_char(c) || c == '/') {
      *to++ = c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    *to++ = '%';
    *to++ = kDigits[byte >> 4];
    *to++ = kDigits[byte & 15];
  }
  if (!decoded.empty()) {
    *to++ = '/';
  }
  to += path.query().copy(to, path.query().size());
  return static_cast<size_t>(to - out.data());
}

}  // namespace sluice::http
