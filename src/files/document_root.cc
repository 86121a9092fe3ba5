#include "files/document_root.h"

#include <fcntl.h>
#include <linux/openat2.h>

#include <cerrno>
#include <cstring>

#include "io/operations.h"

namespace sluice {

namespace {

// Resolution beneath a root gives up with EAGAIN when a rename anywhere might have interfered
// (openat2(2)); one of a few more attempts gets through.
constexpr int kAttempts = 8;

open_how how_to_open(uint64_t resolve) noexcept {
  open_how how{};
  how.flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve;
  return how;
}

}  // namespace

DocumentRoot::DocumentRoot(const std::string& path)
    : directory_(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (directory_) return;
  const auto kind =
      errno == ENOENT || errno == ENOTDIR ? StartError::Kind::kUsage : StartError::Kind::kSystem;
  throw StartError(kind, "root",
                   "'" + path + "': " + strerrordesc_np(errno) +
                       "; it must be a directory that this process may read");
}

Task<Result<DocumentRoot::Opened>> DocumentRoot::open(Reactor& reactor,
                                                      const char* path) const noexcept {
  if (*path == '\0') path = ".";
  bool through_symlink = false;
  int result = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const open_how how = how_to_open(through_symlink ? 0 : RESOLVE_NO_SYMLINKS);
    OpenAt2 opening(reactor, directory_.get(), path, how);
    result = co_await opening;
    if (result >= 0) co_return Opened{UniqueFd(result), through_symlink};
    if (result == -ELOOP && !through_symlink) {
      through_symlink = true;
    } else if (result != -EAGAIN && result != -EINTR) {
      break;
    }
  }
  co_return std::unexpected(error_from_errno(-result, "openat2"));
}

}  // namespace sluice
