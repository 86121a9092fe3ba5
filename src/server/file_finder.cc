#include "server/file_finder.h"

#include <utility>

#include "server/error_status.h"

namespace sluice {

namespace {

constexpr std::string_view kCleanSuffix = ".html";

Found failure(int status) noexcept {
  Found found;
  found.status = status;
  return found;
}

Found of_kind(Found::Kind kind, FileReference file) noexcept {
  Found found;
  found.kind = kind;
  found.file = std::move(file);
  return found;
}

std::string_view index_path(std::string_view directory, std::string_view name,
                            PathBuffer& buffer) noexcept {
  return buffer.join({directory, directory.empty() ? "" : "/", name});
}

FileKey key_of(const MountedDirectory& mount, std::string_view path) noexcept {
  return {mount.root.id(), path, http::Coding::kIdentity};
}

}  // namespace

FileReference FileFinder::find_open(const MountedDirectory& mount, LocalPath path,
                                    PathBuffer& buffer) noexcept {
  if (!path.directory_form) return files_.find(key_of(mount, path.path));
  // Only the first name: whether that file is missing has to be asked of the file system.
  if (mount.options.index.empty()) return {};
  return files_.find(key_of(mount, index_path(path.path, mount.options.index.front(), buffer)));
}

Task<Found> FileFinder::find(const MountedDirectory& mount, LocalPath path,
                             PathBuffer& buffer) noexcept {
  if (path.directory_form) return find_index(mount, path.path, buffer);
  return find_clean(mount, path.path, buffer);
}

Task<Found> FileFinder::find_clean(const MountedDirectory& mount, std::string_view path,
                                   PathBuffer& buffer) noexcept {
  Task<Result<FileReference>> opening = open(mount, path);
  Result<FileReference> file = co_await opening;
  if (file && (*file)->state().regular()) co_return of_kind(Found::Kind::kFile, std::move(*file));
  const bool missing = !file && file.error().code == ErrorCode::kNotFound;
  if (mount.options.clean_urls && (missing || file)) {
    // A page comes before a directory of its name, which often has the pages below it.
    const std::string_view clean_path = buffer.join({path, kCleanSuffix});
    if (clean_path.empty()) co_return failure(404);
    Task<Result<FileReference>> again = open(mount, clean_path);
    Result<FileReference> clean = co_await again;
    if (clean && (*clean)->state().regular()) {
      co_return of_kind(Found::Kind::kFile, std::move(*clean));
    }
    if (!clean && clean.error().code != ErrorCode::kNotFound) {
      co_return failure(status_of(clean.error()));
    }
  }
  if (file) co_return of_kind(Found::Kind::kDirectoryNoSlash, std::move(*file));
  co_return failure(status_of(file.error()));
}

Task<Found> FileFinder::find_index(const MountedDirectory& mount, std::string_view path,
                                   PathBuffer& buffer) noexcept {
  for (const std::string& name : mount.options.index) {
    const std::string_view candidate = index_path(path, name, buffer);
    if (candidate.empty()) continue;
    Task<Result<FileReference>> opening = open(mount, candidate);
    Result<FileReference> file = co_await opening;
    if (file && (*file)->state().regular()) {
      co_return of_kind(Found::Kind::kFile, std::move(*file));
    }
    if (!file && file.error().code != ErrorCode::kNotFound) {
      co_return failure(status_of(file.error()));
    }
  }
  // No index: the directory itself, if there is one.
  const std::string_view directory_path = buffer.join({path});
  Task<Result<FileReference>> opening = open(mount, directory_path);
  Result<FileReference> directory = co_await opening;
  if (!directory) co_return failure(status_of(directory.error()));
  if (!(*directory)->state().directory()) co_return failure(404);
  co_return of_kind(Found::Kind::kDirectory, std::move(*directory));
}

Task<FileReference> FileFinder::find_configured(const MountedDirectory& mount,
                                                std::string_view path,
                                                PathBuffer& buffer) noexcept {
  const auto local = mount.local(path);
  if (!local) co_return FileReference();
  const std::string_view file_path = buffer.join({*local});
  if (file_path.empty()) co_return FileReference();
  FileReference open_already = files_.find(key_of(mount, file_path));
  if (open_already) co_return open_already;
  Task<Result<FileReference>> opening = open(mount, file_path);
  Result<FileReference> file = co_await opening;
  if (!file || !(*file)->state().regular()) co_return FileReference();
  co_return std::move(*file);
}

Task<Result<FileReference>> FileFinder::open(const MountedDirectory& mount,
                                             std::string_view path) noexcept {
  FileReference file = files_.find(key_of(mount, path));
  if (file) co_return file;
  const FileRequest request{.root = mount.root, .path = path, .entity_tags = mount.options.etag};
  Task<Result<FileReference>> opening = files_.open(request);
  co_return co_await opening;
}

}  // namespace sluice
