// A directory at its place in a site.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/site.h>

#include "files/document_root.h"
#include "rules/pattern.h"

namespace sluice {

class UploadDirectory;
struct ResumableDirectory;

// Refers to a ServedDirectory.
struct MountedDirectory {
  // "" for a site's own directory, else as in Mount::path: "/downloads".
  std::string prefix;
  const DocumentRoot& root;
  const Directory& options;
  const std::vector<rules::Pattern>& fallback_exclude;
  // Both null exactly when nothing may be put here (Directory::uploads).
  UploadDirectory* uploads = nullptr;
  ResumableDirectory* resumable = nullptr;

  // The path below the root of a path of the site ("/downloads/a" → "a"), without slashes at its
  // ends; absent for a path that is not in this directory.
  std::optional<std::string_view> local(std::string_view site_path) const noexcept {
    if (!site_path.starts_with(prefix)) return std::nullopt;
    std::string_view rest = site_path.substr(prefix.size());
    if (rest.empty()) return prefix.empty() ? std::nullopt : std::optional(rest);
    if (rest.front() != '/') return std::nullopt;
    rest.remove_prefix(1);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    return rest;
  }
};

}  // namespace sluice
