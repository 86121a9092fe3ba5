// References to directories of this host, for Location (RFC 9110 §10.2.2, RFC 3986 §4.2).
#pragma once

#include <cstddef>
#include <span>

#include "http/target_path.h"

namespace sluice::http {

// Writes the URL of a directory: "/seg/seg/" and the query as it was sent. It begins with exactly
// one '/', and every byte of the path is escaped but those of is_location_path_char(): neither a
// backslash nor an empty segment turns it into the name of another host, and nothing in it ends a
// header line. Returns the bytes written, 0 if they do not fit, and then nothing is written.
size_t write_directory_location(const TargetPath& path, std::span<char> out) noexcept;

}  // namespace sluice::http
