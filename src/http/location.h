// The Location of a redirect to a directory's own URL (RFC 9110 §10.2.2, RFC 3986 §4.2).
#pragma once

#include <cstddef>
#include <span>

#include "http/target_path.h"

namespace sluice::http {

// Writes "/seg/seg/" and the query as it was sent: a reference to this host, whatever the path
// holds. It begins with exactly one '/', and every byte of the path is escaped but unreserved
// characters, ':', '@', '/' and those sub-delims that mean nothing in HTML or a header. So neither
// a backslash nor an empty segment can turn it into the name of another host.
// Returns the bytes written, 0 if they do not fit.
size_t write_directory_location(const TargetPath& path, std::span<char> out) noexcept;

}  // namespace sluice::http
