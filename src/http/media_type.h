// Media types by file name (RFC 9110 §8.3).
#pragma once

#include <string_view>

namespace sluice::http {

// The value of Content-Type for a file of this path, by the extension of its last segment, in any
// case: "text/html; charset=utf-8". "application/octet-stream" if there is none or it is not known.
// The table is made at build time from Debian's media-types and media_type_overrides.txt. Static
// storage.
std::string_view media_type(std::string_view path) noexcept;

}  // namespace sluice::http
