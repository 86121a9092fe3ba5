// References to paths of this host: Location and links (RFC 9110 §10.2.2, RFC 3986 §4.2).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "http/target_path.h"

namespace sluice::http {

// All return the bytes written, 0 if they do not fit, and then nothing is written.

// Writes an absolute path, decoded, and a query as it was sent, with its '?', or none: a reference
// to this host, whatever the path holds. It begins with exactly one '/', however many the path has,
// and every byte of the path is escaped but unreserved characters, ':', '@', '/' and the sub-delims
// other than the single quote. So neither a backslash nor an empty segment can turn it into the
// name of another host, and nothing in it ends a header line.
// REQUIRES: the path begins with '/', and the query holds what a request target may.
size_t write_location(std::string_view decoded_absolute_path, std::string_view query,
                      std::span<char> out) noexcept;

// The same for a directory's own URL: "/seg/seg/" and the query as it was sent.
size_t write_directory_location(const TargetPath& path, std::span<char> out) noexcept;

// Writes a relative path, decoded, such as a name in a directory, for the href of a link to it:
// ':' and '&' are escaped as well, so that nothing is taken for a scheme ("javascript:") or for a
// character reference of HTML.
size_t write_escaped_path(std::string_view decoded_path, std::span<char> out) noexcept;

}  // namespace sluice::http
