// References to directories of this host, for Location (RFC 9110 §10.2.2, RFC 3986 §4.2).
#pragma once

#include <cstddef>
#include <span>

#include "http/target_path.h"

namespace sluice::http {

// Room for the longest path with every byte escaped, or a shorter one and its query.
inline constexpr size_t kLocationCapacity = 12 * 1024;

// Writes the URL of a directory: "/seg/seg/" and the query as it was sent. It begins with exactly
// one '/', and every byte of the path is escaped but those of is_location_path_char(): neither a
// backslash nor an empty segment turns it into the name of another host, and nothing in it ends a
// header line. Returns the bytes written, 0 if they do not fit, and then nothing is written.
size_t write_directory_location(const TargetPath& path, std::span<char> out) noexcept;

}  // namespace sluice::http
