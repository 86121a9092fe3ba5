// Media types by file name (RFC 9110 §8.3).
#pragma once

#include <string_view>

namespace sluice::http {

// The value of Content-Type for a file of this path, by the extension of its last segment, in any
// case: "text/html; charset=utf-8". "application/octet-stream" if there is none or it is not known.
// The table is made at build time from Debian's media-types and media_type_overrides.txt. Static
// storage.
std::string_view media_type(std::string_view path) noexcept;

// True exactly when content of this type, whose parameters and case do not matter, becomes smaller
// by a content coding as a rule: text, JSON, XML, programs, fonts and images that are not
// compressed by themselves. What is not known is taken to be compressed.
bool compressible(std::string_view media_type) noexcept;

// True exactly when content of this type is compressed by itself, so that nobody puts a compressed
// variant beside it: pictures, sound, films, archives, fonts for the web. What is not known is not
// taken to be.
bool compressed_by_itself(std::string_view media_type) noexcept;

}  // namespace sluice::http
