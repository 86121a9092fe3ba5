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

// Besides text/* and what is JSON or XML by its suffix (RFC 6839 §3.1, RFC 7303 §4.2).
constexpr std::string_view kCompressibleTypes[] = {
    "application/ecmascript",
    "application/javascript",
    "application/json",
    "application/jsonl",
    "application/mbox",
    "application/n-quads",
    "application/n-triples",
    "application/postscript",
    "application/rtf",
    "application/sparql-query",
    "application/sql",
    "application/toml",
    "application/trig",
    "application/vnd.apple.mpegurl",
    "application/vnd.ms-fontobject",
    "application/wasm",
    "application/x-csh",
    "application/x-javascript",
    "application/x-latex",
    "application/x-ndjson",
    "application/x-ns-proxy-autoconfig",
    "application/x-sh",
    "application/x-tar",
    "application/x-tcl",
    "application/x-texinfo",
    "application/xml",
    "application/xml-dtd",
    "application/yaml",
    "font/collection",
    "font/otf",
    "font/ttf",
    "image/bmp",
    "image/vnd.microsoft.icon",
    "image/x-icon",
    "image/x-portable-anymap",
    "image/x-portable-bitmap",
    "image/x-portable-graymap",
    "image/x-portable-pixmap",
    "message/rfc822",
    "model/mtl",
    "model/obj",
    "model/stl",
    "model/vrml",
};

bool starts_ignoring_case(std::string_view text, std::string_view prefix) noexcept {
  return equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

bool ends_ignoring_case(std::string_view text, std::string_view suffix) noexcept {
  return text.size() >= suffix.size() &&
         equal_ignoring_case(text.substr(text.size() - suffix.size()), suffix);
}

constexpr std::string_view kCompressedTypes[] = {
    "application/gzip",    "application/java-archive",
    "application/vnd.rar", "application/x-7z-compressed",
    "application/x-bzip2", "application/x-xz",
    "application/zip",     "application/zstd",
    "font/woff",           "font/woff2",
};

std::string_view without_parameters(std::string_view media_type) noexcept {
  return trim_blanks(media_type.substr(0, media_type.find(';')));
}

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

bool compressible(std::string_view media_type) noexcept {
  const std::string_view type = without_parameters(media_type);
  if (starts_ignoring_case(type, "text/") || ends_ignoring_case(type, "+json") ||
      ends_ignoring_case(type, "+xml")) {
    return true;
  }
  return std::ranges::any_of(kCompressibleTypes, [type](std::string_view known) {
    return equal_ignoring_case(type, known);
  });
}

bool compressed_by_itself(std::string_view media_type) noexcept {
  const std::string_view type = without_parameters(media_type);
  if (compressible(type)) return false;
  if (starts_ignoring_case(type, "image/") || starts_ignoring_case(type, "video/") ||
      starts_ignoring_case(type, "audio/")) {
    return true;
  }
  return std::ranges::any_of(kCompressedTypes, [type](std::string_view known) {
    return equal_ignoring_case(type, known);
  });
}

}  // namespace sluice::http
