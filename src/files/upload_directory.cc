#include "files/upload_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <thread>
#include <utility>

#include "files/removed_files.h"
#include "files/upload_name.h"
#include "files/upload_sweep.h"

namespace sluice {

namespace {

constexpr int kMostMadeParents = 32;
// A name that an upload finds taken may be free again by the time that it looks what has it, and a
// directory that it finds may be removed by another one before it is used: for a second, on a busy
// disk.
constexpr int kAttempts = 1'000;
// A directory that another process removes each time before it is locked.
constexpr int kStagingAttempts = 200;

constexpr mode_t kNewFile = 0666;
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

// A directory may be found for a moment after it was removed, longer if its remover has to wait for
// a processor.
void pause_before(int attempt) noexcept {
  if (attempt > 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

// What is left of a path behind the path of a directory on its way.
std::string_view below(std::string_view directory, std::string_view path) noexcept {
  if (directory.empty()) return path;
  return path.substr(std::min(directory.size() + 1, path.size()));
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

void UploadFile::Temporary::remove() noexcept {
  if (!staging) return;
  unlinkat(directory(), name.c_str(), 0);
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

UploadResult<UploadDirectory::Place> UploadDirectory::open_lowest(std::string_view path,
                                                                  int most_missing) const noexcept {
  for (;;) {
    Result<UniqueFd> directory = root_.open_directory(std::string(path));
    if (directory) return Place{.directory = std::move(*directory), .path = path};
    const int failed = directory.error().system_errno;
    if (failed != ENOENT || path.empty() || most_missing-- == 0) return failure(failed, "openat2");
    path = split(path).first;
  }
}

UploadResult<void> UploadDirectory::find(std::string_view path, bool may_be_missing,
                                         UploadFile& file) noexcept {
  if (!acceptable(path)) return failure(UploadProblem::kNotFound);
  const auto [parent_path, name] = split(path);
  UploadResult<Place> place = open_lowest(parent_path, may_be_missing ? kMostMadeParents : 0);
  if (!place) return std::unexpected(place.error());
  if (is_staging(place->directory.get())) return failure(UploadProblem::kNotFound);
  file.parent_ = std::move(place->directory);
  file.parent_path_ = place->path;
  file.missing_ = below(place->path, parent_path);
  file.name_ = name;
  if (!file.missing_.empty()) return check_missing(file);
  const auto state = state_beside(file.parent_.get(), file.name_);
  if (!state) return std::unexpected(state.error());
  file.target_ = *state;
  return {};
}

UploadResult<void> UploadDirectory::check_missing(const UploadFile& file) noexcept {
  const std::string names = file.missing_ + '/' + file.name_;
  for (size_t begin = 0; begin < names.size();) {
    const size_t end = std::min(names.find('/', begin), names.size());
    const std::string name = names.substr(begin, end - begin);
    const Result<FileState> state = state_at(file.parent_.get(), name.c_str());
    if (!state && state.error().system_errno != ENOENT) {
      return failure(state.error().system_errno, "statx");
    }
    // A link that leads nowhere: no directory can be made in its place.
    if (begin == 0 && state && !state->directory()) return failure(UploadProblem::kNoParent);
    begin = end + 1;
  }
  return {};
}

UploadResult<void> UploadDirectory::make_missing(UploadFile& file, MadeDirectories& made) noexcept {
  if (file.missing_.empty()) return {};
  const std::string separator = file.parent_path_.empty() ? "" : "/";
  const std::string path = file.parent_path_ + separator + file.missing_;
  UploadResult<Place> place = open_lowest(path, kMostMadeParents);
  if (!place) return std::unexpected(place.error());
  while (place->path.size() < path.size()) {
    const int failed = descend(path, *place, made);
    // What another upload has made may be removed by it just now.
    if (failed == ENOENT) return failure(UploadProblem::kBusy);
    if (failed != 0) return failure(failed, "mkdirat");
  }
  if (is_staging(place->directory.get())) return failure(UploadProblem::kNotFound);
  file.parent_ = std::move(place->directory);
  file.parent_path_ = path;
  file.missing_.clear();
  return {};
}

int UploadDirectory::descend(std::string_view path, Place& place,
                             MadeDirectories& made) const noexcept {
  const size_t begin = place.path.empty() ? 0 : place.path.size() + 1;
  const size_t end = std::min(path.find('/', begin), path.size());
  const std::string name(path.substr(begin, end - begin));
  const Result<FileState> there = state_at(place.directory.get(), name.c_str());
  if (there && !there->directory()) return ENOTDIR;  // has appeared meanwhile, and leads nowhere
  const int failed = made.make(std::move(place.directory), name);
  if (failed != 0 && failed != EEXIST) return failed;
  // From the root again, as for reading.
  place.path = path.substr(0, end);
  Result<UniqueFd> next = root_.open_directory(std::string(place.path));
  if (!next) return next.error().system_errno;
  place.directory = std::move(*next);
  return 0;
}

UploadResult<std::optional<FileState>> UploadDirectory::look(std::string_view path) noexcept {
  UploadFile file;
  const UploadResult<void> found = find(path, options_.make_parents, file);
  if (found) return file.target_;
  if (found.error().problem == UploadProblem::kNameTooLong) return std::nullopt;
  return std::unexpected(found.error());
}

UploadResult<void> UploadDirectory::check(std::string_view path) noexcept {
  UploadFile file;
  if (const auto found = find(path, options_.make_parents, file); !found) return found;
  if (faccessat(file.parent_.get(), ".", W_OK | X_OK, AT_EACCESS) == 0) return {};
  return failure(errno, "faccessat");
}

UploadResult<UploadFile> UploadDirectory::begin(std::string_view path) noexcept {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    pause_before(attempt);
    UploadFile file;
    if (const auto found = find(path, options_.make_parents, file); !found) {
      return std::unexpected(found.error());
    }
    const UploadResult<void> opened = open_new(file);
    if (opened) return file;
    if (!has_lost_parent(file)) return std::unexpected(opened.error());
  }
  return failure(UploadProblem::kBusy);
}

bool UploadDirectory::has_lost_parent(const UploadFile& file) const noexcept {
  return options_.make_parents && !file.parent_path_.empty() && removed(file.parent_.get());
}

UploadResult<void> UploadDirectory::open_new(UploadFile& file) noexcept {
  constexpr int kFlags = O_WRONLY | O_CLOEXEC;
  file.fd_.reset(openat(file.parent_.get(), ".", kFlags | O_TMPFILE, kNewFile));
  if (file.fd_) return {};
  if (!knows_no_unnamed_files(errno)) return failure(errno, "openat");
  auto temporary = choose_temporary(file);
  if (!temporary) return std::unexpected(temporary.error());
  file.temporary_ = std::move(*temporary);
  file.fd_.reset(openat(file.temporary_.directory(), file.temporary_.name.c_str(),
                        kFlags | O_CREAT | O_EXCL | O_NOFOLLOW, kNewFile));
  if (!file.fd_) return failure(errno, "openat");
  return {};
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
  if (!same_mount(staging_fd, file.parent_.get())) {
    temporary.beside_file.reset(fcntl(file.parent_.get(), F_DUPFD_CLOEXEC, 0));
    if (!temporary.beside_file) return failure(errno, "fcntl");
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
  MadeDirectories made;
  const UploadResult<bool> created = settle(file, condition, made);
  if (!created) return std::unexpected(created.error());
  for (const MadeDirectories::Made& directory : made.all()) {
    if (const auto synced = sync_names_in(directory.parent.get()); !synced) {
      return std::unexpected(synced.error());
    }
  }
  if (const auto synced = sync_names_in(file.parent_.get()); !synced) {
    return std::unexpected(synced.error());
  }
  if (file.unnamed_) RemovedFiles::let_go_everywhere(*file.unnamed_);
  const Result<FileState> state = state_of(file.fd());
  if (!state) return failure(state.error().system_errno, "statx");
  return Published{.created = *created, .state = *state};
}

UploadResult<bool> UploadDirectory::settle(UploadFile& file, const UploadCondition& condition,
                                           MadeDirectories& made) noexcept {
  const std::lock_guard lock(naming_);
  UploadResult<bool> created;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    pause_before(attempt);
    const UploadResult<void> there = make_missing(file, made);
    created = there ? give_name(file, condition) : std::unexpected(there.error());
    if (created) break;
    if (there && has_lost_parent(file)) {
      file.missing_ = std::exchange(file.parent_path_, {});
      created = failure(UploadProblem::kBusy);
    }
    if (created.error().problem != UploadProblem::kBusy) break;
    made.remove();
  }
  if (!created) made.remove();
  return created;
}

// True when there was no file of that name.
UploadResult<bool> UploadDirectory::give_name(UploadFile& file,
                                              const UploadCondition& condition) noexcept {
  const int parent = file.parent_.get();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto current = state_beside(parent, file.name_);
    if (!current) return std::unexpected(current.error());
    if (!holds(condition, *current)) return failure(UploadProblem::kConditionFailed);
    if (*current) {
      const mode_t mode = (*current)->mode & kPermissions;
      if (fchmod(file.fd(), mode) != 0) return failure(errno, "fchmod");
      if (const auto replaced = replace(file); !replaced) return std::unexpected(replaced.error());
      file.unnamed_ = *current;
      return false;
    }
    const int failed = give_free_name(file);
    if (failed == 0) {
      file.temporary_.remove();
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
  const int directory = file.temporary_.directory();
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
    const int directory = file.temporary_.directory();
    const int failed = link_unnamed(file.fd(), directory, file.temporary_.name.c_str());
    if (failed != 0) return failure(failed, "linkat");
  }
  const int directory = file.temporary_.directory();
  if (renameat(directory, file.temporary_.name.c_str(), parent, file.name_.c_str()) != 0) {
    return failure(errno, "renameat");
  }
  file.temporary_.remove();
  return {};
}

UploadResult<void> UploadDirectory::remove(std::string_view path,
                                           const UploadCondition& condition) noexcept {
  UploadFile file;
  if (const auto found = find(path, false, file); !found) {
    const UploadProblem problem = found.error().problem;
    const bool missing =
        problem == UploadProblem::kNoParent || problem == UploadProblem::kNameTooLong;
    return missing ? failure(UploadProblem::kNotFound) : std::unexpected(found.error());
  }
  if (const auto taken = take_name(file, condition); !taken) return taken;
  RemovedFiles::let_go_everywhere(*file.unnamed_);
  return sync_names_in(file.parent_.get());
}

UploadResult<void> UploadDirectory::take_name(UploadFile& file,
                                              const UploadCondition& condition) noexcept {
  const std::lock_guard lock(naming_);
  const auto current = state_beside(file.parent_.get(), file.name_);
  if (!current) return std::unexpected(current.error());
  if (!*current) return failure(UploadProblem::kNotFound);
  if (!holds(condition, *current)) return failure(UploadProblem::kConditionFailed);
  if (unlinkat(file.parent_.get(), file.name_.c_str(), 0) != 0) {
    if (errno == ENOENT) return failure(UploadProblem::kNotFound);
    return failure(errno, "unlinkat");
  }
  file.unnamed_ = *current;
  return {};
}

UploadResult<void> UploadDirectory::sync_names_in(int directory) const noexcept {
  if (options_.sync != UploadSync::kDirectory || fsync(directory) == 0) return {};
  // A file system that cannot sync a directory has done what it can.
  if (errno == EINVAL) return {};
  return failure(errno, "fsync");
}

}  // namespace sluice
