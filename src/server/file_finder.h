// From a path to the file that answers it.
#pragma once

#include <cstdint>
#include <string_view>

#include "files/open_file_table.h"
#include "runtime/task.h"
#include "server/mounted_directory.h"
#include "server/path_buffer.h"

namespace sluice {

// What a path leads to.
struct Found {
  enum class Kind : uint8_t {
    kFile,
    kDirectory,         // one without an index, asked for by its own path
    kDirectoryNoSlash,  // a directory, whose own path ends in '/'
    kFailure,
  };

  Kind kind = Kind::kFailure;
  int status = 404;    // of a failure
  FileReference file;  // of kFile
  // A navigation gets a fallback here, and other requests 404.
  bool depends_on_navigation = false;
};

// A path inside a mounted directory: its root's files are relative to that.
struct LocalPath {
  std::string_view path;  // without slashes at its ends; a NUL, or a slash and a NUL, follow it
  bool directory_form;    // the path asked for ended in '/'
};

// Tries index names and clean URLs. Not thread-safe: one a shard.
class FileFinder {
 public:
  explicit FileFinder(OpenFileTable& files) noexcept : files_(files) {}

  // What needs no waiting for, or empty: a file that is open already.
  FileReference find_open(const MountedDirectory& mount, LocalPath path,
                          PathBuffer& buffer) noexcept;

  // `path` and `buffer` must stay as they are until this is done.
  Task<Found> find(const MountedDirectory& mount, LocalPath path, PathBuffer& buffer) noexcept;

  // The regular file at a path that the configuration names, or empty.
  Task<FileReference> find_configured(const MountedDirectory& mount, std::string_view path,
                                      PathBuffer& buffer) noexcept;

 private:
  Task<Result<FileReference>> open(const MountedDirectory& mount, std::string_view path) noexcept;
  Task<Found> find_index(const MountedDirectory& mount, std::string_view path,
                         PathBuffer& buffer) noexcept;
  Task<Found> find_clean(const MountedDirectory& mount, std::string_view path,
                         PathBuffer& buffer) noexcept;

  OpenFileTable& files_;
};

}  // namespace sluice
