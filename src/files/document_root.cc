#include "files/document_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "io/operations.h"
#include "runtime/sleep.h"

namespace sluice {

namespace {

// Resolution beneath a root gives up with EAGAIN when a rename anywhere might have interfered
// (openat2(2)), and so does opening a file with a lease on it (fcntl(2)): one of a few more
// attempts gets through.
constexpr int kAttempts = 8;
constexpr uint64_t kPauseMs = 10;

// What is neither a file nor a directory.
constexpr Error kNotServed{ErrorCode::kNotFound, 0, "openat2"};

open_how how_to_open(uint64_t flags, Symlinks symlinks, bool through_symlink) noexcept {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_NO_MAGICLINKS;
  if (!through_symlink) how.resolve |= RESOLVE_NO_SYMLINKS;
  if (!through_symlink || symlinks != Symlinks::kFollow) how.resolve |= RESOLVE_BENEATH;
  return how;
}

std::atomic<uint64_t> last_id = 0;

}  // namespace

DocumentRoot::DocumentRoot(const std::string& path, Symlinks symlinks)
    : id_(++last_id),
      symlinks_(symlinks),
      directory_(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (directory_) {
    std::error_code unknown;
    path_ = std::filesystem::canonical(path, unknown);
    if (unknown) path_ = path;
    return;
  }
  const auto kind =
      errno == ENOENT || errno == ENOTDIR ? StartError::Kind::kUsage : StartError::Kind::kSystem;
  throw StartError(kind, "root",
                   "'" + path + "': " + strerrordesc_np(errno) +
                       "; it must be a directory that this process may read");
}

Task<Result<UniqueFd>> DocumentRoot::resolve(Reactor& reactor, const char* path, uint64_t flags,
                                             bool& through_symlink) const noexcept {
  int result = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const open_how how = how_to_open(flags, symlinks_, through_symlink);
    OpenAt2 opening(reactor, directory_.get(), path, how);
    result = co_await opening;
    if (result >= 0) co_return UniqueFd(result);
    if (result == -ELOOP && symlinks_ == Symlinks::kNone) {
      co_return std::unexpected(kNotServed);
    }
    if (result == -ELOOP && !through_symlink) {
      through_symlink = true;
    } else if (result != -EAGAIN && result != -EINTR) {
      break;
    } else if (attempt > 0) {
      Sleep pause(reactor, kPauseMs);
      co_await pause;
    }
  }
  co_return std::unexpected(error_from_errno(-result, "openat2"));
}

Result<UniqueFd> DocumentRoot::open_directory(const std::string& path) const noexcept {
  const bool through_symlink = symlinks_ != Symlinks::kNone;
  const open_how how = how_to_open(O_RDONLY | O_DIRECTORY, symlinks_, through_symlink);
  const char* const place = path.empty() ? "." : path.c_str();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const long fd = syscall(SYS_openat2, directory_.get(), place, &how, sizeof how);
    if (fd >= 0) return UniqueFd(static_cast<int>(fd));
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return std::unexpected(error_from_errno(errno, "openat2"));
}

Task<Result<DocumentRoot::Opened>> DocumentRoot::open(Reactor& reactor,
                                                      const char* path) const noexcept {
  if (*path == '\0') path = ".";
  Opened opened;
  // First only the place (O_PATH), which opens nothing: what is there may be a fifo with somebody
  // at its other end, or a device that acts on being opened.
  Task<Result<UniqueFd>> finding = resolve(reactor, path, O_PATH, opened.through_symlink);
  Result<UniqueFd> place = co_await finding;
  if (!place) co_return std::unexpected(place.error());
  const Result<FileState> state = state_of(place->get());
  if (!state) co_return std::unexpected(state.error());
  if (state->directory()) {
    opened.fd = std::move(*place);
    opened.state = *state;
    co_return opened;
  }
  if (!state->regular()) co_return std::unexpected(kNotServed);

  constexpr uint64_t kReading = O_RDONLY | O_NONBLOCK | O_NOCTTY;
  Task<Result<UniqueFd>> opening = resolve(reactor, path, kReading, opened.through_symlink);
  Result<UniqueFd> file = co_await opening;
  if (!file) co_return std::unexpected(file.error());
  // It may have been replaced meanwhile.
  const Result<FileState> opened_state = state_of(file->get());
  if (!opened_state) co_return std::unexpected(opened_state.error());
  if (!opened_state->regular()) co_return std::unexpected(kNotServed);
  opened.fd = std::move(*file);
  opened.state = *opened_state;
  co_return opened;
}

}  // namespace sluice
