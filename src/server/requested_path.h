// Where in a directory the path of a request leads.
#pragma once

#include "files/upload_name.h"
#include "server/file_finder.h"
#include "server/mounted_directory.h"
#include "server/site_request.h"

namespace sluice {

// REQUIRES: the target of `request` is in `mount`.
inline LocalPath requested_path(const SiteRequest& request,
                                const MountedDirectory& mount) noexcept {
  const auto local = mount.local(request.target->absolute());
  return {local.value_or(std::string_view()), request.target->directory_form()};
}

// True exactly when clients are not to know whether anything is there.
inline bool is_hidden(const LocalPath& path, const MountedDirectory& mount) noexcept {
  if (mount.options.hidden_files) return has_upload_name(path.path);
  // Names of uploads begin with a dot, too.
  return path.path.starts_with('.') || path.path.find("/.") != std::string_view::npos;
}

}  // namespace sluice
