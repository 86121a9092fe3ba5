#include "files/upload_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <utility>

#include "files/upload_name.h"
#include "files/upload_sweep.h"

namespace sluice {

namespace {

constexpr int kMostMadeParents = 32;
// A name that an upload finds taken may be free again by the time that it looks what has it.
constexpr int kAttempts = 8;
// A directory that another process removes each time before it is locked.
constexpr int kStagingAttempts = 200;

constexpr mode_t kNewFile = 0666;
constexpr mode_t kNewDirectory = 0777;
constexpr mode_t kPermissions = 0777;

std::unexpected<UploadError> failure(int system_errno, const char* operation) noexcept {
  return std::unexpected(upload_error_from_errno(system_errno, operation));
}

std::unexpected<UploadError> failure(UploadProblem problem) noexcept {
  return std::unexpected(UploadError{problem, Error{ErrorCode::kSystem}});
}

// The last name of a path, and the path of its directory.
std::pair<std::string_view, std::string_view> split(std::string_view path) noexcept {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {{}, path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

// Whether a client may mean it: dot segments have been resolved before.
bool acceptable(std::string_view path) noexcept {
  if (path.empty() || path.find('\0') != std::string_view::npos || has_upload_name(path)) {
    return false;
  }
  for (std::string_view rest = path;;) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    if (segment.empty() || segment == "." || segment == "..") return false;
    if (segment.size() == rest.size()) return true;
    rest.remove_prefix(segment.size() + 1);
  }
}

// What has the name now; absent where nothing has.
UploadResult<std::optional<FileState>> state_beside(int parent, const std::string& name) noexcept {
  const Result<FileState> state = state_at(parent, name.c_str());
  if (!state) {
    if (state.error().system_errno == ENOENT) return std::nullopt;
    return failure(state.error().system_errno, "statx");
  }
  if (!state->regular()) return failure(UploadProblem::kNotAFile);
  return *state;
}

bool holds(const UploadCondition& condition, const std::optional<FileState>& current) noexcept {
  switch (condition.kind) {
    case UploadCondition::Kind::kAny:
      return true;
    case UploadCondition::Kind::kNothing:
      return !current;
    case UploadCondition::Kind::kSame:
      return current && current->same_content_as(condition.file);
  }
  return false;
}

// Gives a name to a file that has none. 0 or an errno.
int link_unnamed(int fd, int directory, const char* name) noexcept {
  std::array<char, 32> place{};
  std::snprintf(place.data(), place.size(), "/proc/self/fd/%d", fd);
  if (linkat(AT_FDCWD, place.data(), directory, name, AT_SYMLINK_FOLLOW) == 0) return 0;
  // Where /proc is missing; it needs a capability, or Linux 6.10.
  if (errno == ENOENT && linkat(fd, "", directory, name, AT_EMPTY_PATH) == 0) return 0;
  return errno;
}

bool knows_no_unnamed_files(int system_errno) noexcept {
  return system_errno == EOPNOTSUPP || system_errno == EISDIR || system_errno == EINVAL;
}

}  // namespace

void UploadFile::Temporary::remove(int parent) noexcept {
  if (!staging) return;
  unlinkat(directory(parent), name.c_str(), 0);
  if (beside_file) unlinkat(staging->get(), name.c_str(), 0);
  staging.reset();
}

UploadDirectory::UploadDirectory(const DocumentRoot& root, const Uploads& options) noexcept
    : root_(root), options_(options), staging_(open_staging(false)) {
  if (!staging_) return;
  if (flock(staging_->get(), LOCK_EX | LOCK_NB) == 0) {
    sweep_uploads(staging_->get(), root_, options_.resume_ms, SweepScope::kAll);
  }
  tidy();
}

void UploadDirectory::tidy() noexcept {
  const std::lock_guard lock(opening_staging_);
  if (!staging_ || staging_.use_count() > 1) return;
  // Who opens it at this moment locks it then, and finds out that it was removed.
  const bool alone = flock(staging_->get(), LOCK_EX | LOCK_NB) == 0;
  if (alone && unlinkat(root_.fd(), kUploadDirectoryName, AT_REMOVEDIR) != 0) {
    flock(staging_->get(), LOCK_SH);
  } else {
    staging_.reset();  // another process uses it, and removes it after that
  }
}

UploadDirectory::Staging UploadDirectory::open_staging(bool make) noexcept {
  if (make && mkdirat(root_.fd(), kUploadDirectoryName, 0700) != 0 && errno != EEXIST) return {};
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd directory(openat(root_.fd(), kUploadDirectoryName, kFlags));
  if (!directory) return {};
  return std::make_shared<const UniqueFd>(std::move(directory));
}

UploadResult<UploadDirectory::Staging> UploadDirectory::staging(bool make) noexcept {
  const std::lock_guard lock(opening_staging_);
  for (int attempt = 0; attempt < kStagingAttempts; ++attempt) {
    if (staging_ && !removed(staging_->get())) return staging_;
    staging_ = open_staging(make);
    if (staging_) {
      flock(staging_->get(), LOCK_SH);
    } else if (errno != ENOENT) {
      return failure(errno, "mkdirat");
    } else if (!make) {
      return failure(UploadProblem::kNotFound);
    }
  }
  return failure(UploadProblem::kBusy);
}

bool UploadDirectory::is_staging(int directory) const noexcept {
  const Result<FileState> own = state_at(root_.fd(), kUploadDirectoryName);
  const Result<FileState> other = state_of(directory);
  return own && other && own->device == other->device && own->inode == other->inode;
}

UploadResult<UniqueFd> UploadDirectory::open_parent(std::string_view path,
                                                    bool make) const noexcept {
  Result<UniqueFd> whole = root_.open_directory(std::string(path));
  if (whole) return std::move(*whole);
  const auto missing = [](const Error& error) { return error.system_errno == ENOENT; };
  if (!make || !missing(whole.error())) return failure(whole.error().system_errno, "openat2");
  // From the lowest one that is there downwards. Each is looked up from the root again.
  int missing_count = 1;
  std::string_view there = split(path).first;
  Result<UniqueFd> parent = root_.open_directory(std::string(there));
  while (!parent && missing(parent.error()) && !there.empty()) {
    if (++missing_count > kMostMadeParents) return failure(UploadProblem::kNoParent);
    there = split(there).first;
    parent = root_.open_directory(std::string(there));
  }
  while (parent && there.size() < path.size()) {
    const size_t begin = there.empty() ? 0 : there.size() + 1;
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string name(path.substr(begin, end - begin));
    if (mkdirat(parent->get(), name.c_str(), kNewDirectory) != 0 && errno != EEXIST) {
      return failure(errno, "mkdirat");
    }
    if (const auto synced = sync_names_in(parent->get()); !synced) {
      return std::unexpected(synced.error());
    }
    there = path.substr(0, end);
    parent = root_.open_directory(std::string(there));
  }
  if (!parent) return failure(parent.error().system_errno, "openat2");
  return std::move(*parent);
}

UploadResult<void> UploadDirectory::find(std::string_view path, bool make_parents,
                                         UploadFile& file) noexcept {
  if (!acceptable(path)) return failure(UploadProblem::kNotFound);
  const auto [parent_path, name] = split(path);
  UploadResult<UniqueFd> parent = open_parent(parent_path, make_parents);
  if (!parent) return std::unexpected(parent.error());
  if (is_staging(parent->get())) return failure(UploadProblem::kNotFound);
  file.parent_ = std::move(*parent);
  file.parent_path_ = parent_path;
  file.name_ = name;
  const auto state = state_beside(file.parent_.get(), file.name_);
  if (!state) return std::unexpected(state.error());
  file.target_ = *state;
  return {};
}

UploadResult<std::optional<FileState>> UploadDirectory::look(std::string_view path) noexcept {
  UploadFile file;
  const UploadResult<void> found = find(path, false, file);
  if (found) return file.target_;
  if (will_be_made(found.error())) return std::nullopt;
  return std::unexpected(found.error());
}

UploadResult<void> UploadDirectory::check(std::string_view path) noexcept {
  UploadFile file;
  const UploadResult<void> found = find(path, false, file);
  if (!found) return will_be_made(found.error()) ? UploadResult<void>() : found;
  if (faccessat(file.parent_.get(), ".", W_OK | X_OK, AT_EACCESS) == 0) return {};
  return failure(errno, "faccessat");
}

bool UploadDirectory::will_be_made(const UploadError& missing) const noexcept {
  return options_.make_parents && missing.error.system_errno == ENOENT;
}

UploadResult<UploadFile> UploadDirectory::begin(std::string_view path) noexcept {
  UploadFile file;
  if (const auto found = find(path, options_.make_parents, file); !found) {
    return std::unexpected(found.error());
  }
  constexpr int kFlags = O_WRONLY | O_CLOEXEC;
  file.fd_.reset(openat(file.parent_.get(), ".", kFlags | O_TMPFILE, kNewFile));
  if (file.fd_) return file;
  if (!knows_no_unnamed_files(errno)) return failure(errno, "openat");
  auto temporary = choose_temporary(file);
  if (!temporary) return std::unexpected(temporary.error());
  file.temporary_ = std::move(*temporary);
  const int directory = file.temporary_.directory(file.parent_.get());
  file.fd_.reset(openat(directory, file.temporary_.name.c_str(),
                        kFlags | O_CREAT | O_EXCL | O_NOFOLLOW, kNewFile));
  if (!file.fd_) return failure(errno, "openat");
  return file;
}

UploadResult<UploadFile::Temporary> UploadDirectory::choose_temporary(
    const UploadFile& file) noexcept {
  const UploadResult<Staging> directory = staging(true);
  if (!directory) return std::unexpected(directory.error());
  const std::optional<UploadToken> token = UploadToken::make();
  if (!token) return failure(EAGAIN, "getrandom");
  UploadFile::Temporary temporary;
  temporary.name = std::string(kUploadNamePrefix) + '-';
  temporary.name += token->view();
  const int staging_fd = (*directory)->get();
  temporary.beside_file = !same_mount(staging_fd, file.parent_.get());
  if (temporary.beside_file) {
    const std::string separator = file.parent_path_.empty() ? "" : "/";
    const std::string path = file.parent_path_ + separator + temporary.name;
    if (symlinkat(path.c_str(), staging_fd, temporary.name.c_str()) != 0) {
      return failure(errno, "symlinkat");
    }
  }
  temporary.staging = *directory;
  return temporary;
}

UploadResult<UploadDirectory::Published> UploadDirectory::publish(
    UploadFile& file, const UploadCondition& condition) noexcept {
  // Times of writing are those of a clock that stands still for milliseconds: two contents of the
  // same size would have the same entity tag.
  std::array<timespec, 2> times{timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, timespec{}};
  clock_gettime(CLOCK_REALTIME, &times[1]);
  if (futimens(file.fd(), times.data()) != 0) return failure(errno, "futimens");
  if (options_.sync != UploadSync::kNone && fsync(file.fd()) != 0) return failure(errno, "fsync");
  const UploadResult<bool> created = give_name(file, condition);
  if (!created) return std::unexpected(created.error());
  if (const auto synced = sync_names_in(file.parent_.get()); !synced) {
    return std::unexpected(synced.error());
  }
  const Result<FileState> state = state_of(file.fd());
  if (!state) return failure(state.error().system_errno, "statx");
  return Published{.created = *created, .state = *state};
}

// True when there was no file of that name.
UploadResult<bool> UploadDirectory::give_name(UploadFile& file,
                                              const UploadCondition& condition) noexcept {
  const std::lock_guard lock(naming_);
  const int parent = file.parent_.get();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto current = state_beside(parent, file.name_);
    if (!current) return std::unexpected(current.error());
    if (!holds(condition, *current)) return failure(UploadProblem::kConditionFailed);
    if (*current) {
      const mode_t mode = (*current)->mode & kPermissions;
      if (fchmod(file.fd(), mode) != 0) return failure(errno, "fchmod");
      if (const auto replaced = replace(file); !replaced) return std::unexpected(replaced.error());
      return false;
    }
    const int failed = give_free_name(file);
    if (failed == 0) {
      file.temporary_.remove(parent);
      return true;
    }
    if (failed != EEXIST) return failure(failed, "linkat");
  }
  return failure(UploadProblem::kBusy);
}

// 0 or an errno: EEXIST when something has appeared there meanwhile.
int UploadDirectory::give_free_name(const UploadFile& file) noexcept {
  const int parent = file.parent_.get();
  const char* const name = file.name_.c_str();
  if (!file.temporary_.staging) return link_unnamed(file.fd(), parent, name);
  const int directory = file.temporary_.directory(parent);
  const char* const temporary = file.temporary_.name.c_str();
  if (linkat(directory, temporary, parent, name, 0) == 0) return 0;
  // There are file systems without links.
  if (errno != EPERM && errno != EOPNOTSUPP) return errno;
  return renameat2(directory, temporary, parent, name, RENAME_NOREPLACE) == 0 ? 0 : errno;
}

UploadResult<void> UploadDirectory::replace(UploadFile& file) noexcept {
  const int parent = file.parent_.get();
  if (!file.temporary_.staging) {
    auto temporary = choose_temporary(file);
    if (!temporary) return std::unexpected(temporary.error());
    file.temporary_ = std::move(*temporary);
    const int directory = file.temporary_.directory(parent);
    const int failed = link_unnamed(file.fd(), directory, file.temporary_.name.c_str());
    if (failed != 0) return failure(failed, "linkat");
  }
  const int directory = file.temporary_.directory(parent);
  if (renameat(directory, file.temporary_.name.c_str(), parent, file.name_.c_str()) != 0) {
    return failure(errno, "renameat");
  }
  file.temporary_.remove(parent);
  return {};
}

UploadResult<void> UploadDirectory::remove(std::string_view path,
                                           const UploadCondition& condition) noexcept {
  UploadFile file;
  if (const auto found = find(path, false, file); !found) {
    const bool missing = found.error().problem == UploadProblem::kNoParent;
    return missing ? failure(UploadProblem::kNotFound) : std::unexpected(found.error());
  }
  const std::lock_guard lock(naming_);
  const auto current = state_beside(file.parent_.get(), file.name_);
  if (!current) return std::unexpected(current.error());
  if (!*current) return failure(UploadProblem::kNotFound);
  if (!holds(condition, *current)) return failure(UploadProblem::kConditionFailed);
  if (unlinkat(file.parent_.get(), file.name_.c_str(), 0) != 0) {
    if (errno == ENOENT) return failure(UploadProblem::kNotFound);
    return failure(errno, "unlinkat");
  }
  return sync_names_in(file.parent_.get());
}

UploadResult<void> UploadDirectory::sync_names_in(int directory) const noexcept {
  if (options_.sync != UploadSync::kDirectory || fsync(directory) == 0) return {};
  // A file system that cannot sync a directory has done what it can.
  if (errno == EINVAL) return {};
  return failure(errno, "fsync");
}

}  // namespace sluice
