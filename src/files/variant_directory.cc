#include "files/variant_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "files/file_state.h"

namespace sluice {

namespace {

constexpr char kTemporaryPrefix[] = ".new-";

// How much is left of a full directory, in eighths: so that it is not read again for every variant.
constexpr uint64_t kLeftEighths = 7;

constexpr uint64_t charged_bytes(uint64_t byte_count) noexcept {
  constexpr uint64_t kBlockBytes = 4096;
  return (byte_count + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
}

// As `mkdir -p`, mode 0700.
int make_directories(const std::string& path) {
  for (size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1)) {
    mkdir(path.substr(0, end).c_str(), 0700);
  }
  return mkdir(path.c_str(), 0700) == 0 || errno == EEXIST ? 0 : errno;
}

// Whether nobody but this user and root can put a file of theirs there.
bool is_ours(const struct stat& directory) noexcept {
  return (directory.st_uid == geteuid() || directory.st_uid == 0) &&
         (directory.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { closedir(directory); }
};
using Entries = std::unique_ptr<DIR, CloseDirectory>;

// The entries of a directory below `directory_fd`, or null.
Entries open_entries(int directory_fd, const char* name) noexcept {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd fd(openat(directory_fd, name, kFlags));
  if (!fd) return nullptr;
  Entries entries(fdopendir(fd.get()));
  if (entries) fd.release();
  return entries;
}

}  // namespace

VariantDirectory::VariantDirectory(const std::string& path, uint64_t capacity_bytes)
    : capacity_bytes_(capacity_bytes) {
  if (const int error = make_directories(path); error != 0) {
    problem_ = error_from_errno(error, "mkdir");
    return;
  }
  fd_.reset(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat directory;
  if (!fd_ || fstat(fd_.get(), &directory) != 0) {
    problem_ = error_from_errno(errno, "open");
  } else if (!is_ours(directory)) {
    problem_ = Error{ErrorCode::kForbidden, 0, "others may write to it"};
  } else if (faccessat(fd_.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) {
    problem_ = error_from_errno(errno, "access");
  }
}

VariantDirectory::Temporary::~Temporary() {
  if (fd_) unlinkat(directory_, name_.data(), 0);
}

Result<VariantDirectory::Temporary> VariantDirectory::create() noexcept {
  // Another process may sweep the file away before it is locked.
  constexpr int kAttempts = 4;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) != sizeof number) {
      return std::unexpected(error_from_errno(errno, "getrandom"));
    }
    Temporary::Name name;
    std::snprintf(name.data(), name.size(), "%s%016llx", kTemporaryPrefix,
                  static_cast<unsigned long long>(number));
    constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    UniqueFd fd(openat(fd_.get(), name.data(), kFlags, 0600));
    if (!fd) return std::unexpected(error_from_errno(errno, "openat"));
    Temporary temporary(fd_.get(), std::move(fd), name);
    if (flock(temporary.fd(), LOCK_EX | LOCK_NB) == 0 && !removed(temporary.fd())) {
      return temporary;
    }
  }
  return std::unexpected(error_from_errno(EAGAIN, "flock"));
}

bool VariantDirectory::has(const VariantName& name) const noexcept {
  return faccessat(fd_.get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

Result<void> VariantDirectory::publish(Temporary temporary, const VariantName& name,
                                       uint64_t byte_count, std::stop_token stop) noexcept {
  const uint64_t charged = charged_bytes(byte_count);
  if (charged > capacity_bytes_) return std::unexpected(Error{ErrorCode::kExhausted, 0, "publish"});
  // A crash must not leave the name without the content, which nobody would notice.
  if (fdatasync(temporary.fd()) != 0) return std::unexpected(error_from_errno(errno, "fdatasync"));
  const std::scoped_lock lock(mutex_);
  if (!swept_ || total_bytes_ + charged > capacity_bytes_) sweep_for(charged, stop);
  const std::string folder(name.view().substr(0, kVariantFolderLength));
  // Again each time: somebody may have emptied the directory.
  mkdirat(fd_.get(), folder.c_str(), 0700);
  if (renameat(fd_.get(), temporary.name_.data(), fd_.get(), name.c_str()) != 0) {
    return std::unexpected(error_from_errno(errno, "renameat"));
  }
  temporary.fd_.reset();
  total_bytes_ += charged;
  return {};
}

void VariantDirectory::sweep(std::stop_token stop) noexcept {
  const std::scoped_lock lock(mutex_);
  sweep_for(0, stop);
}

void VariantDirectory::sweep_for(uint64_t room_bytes, const std::stop_token& stop) noexcept {
  std::vector<Kept> kept = list(stop);
  if (stop.stop_requested()) return;
  total_bytes_ = 0;
  for (const Kept& file : kept) total_bytes_ += file.charged_bytes;
  swept_ = true;
  if (total_bytes_ + room_bytes <= capacity_bytes_) return;
  std::ranges::sort(kept, {}, &Kept::modified_ns);
  const uint64_t wanted_bytes = capacity_bytes_ / 8 * kLeftEighths;
  for (const Kept& file : kept) {
    if (total_bytes_ + room_bytes <= wanted_bytes) break;
    if (unlinkat(fd_.get(), file.name.data(), 0) == 0 || errno == ENOENT) {
      total_bytes_ -= file.charged_bytes;
    }
  }
}

std::vector<VariantDirectory::Kept> VariantDirectory::list(const std::stop_token& stop) const {
  std::vector<Kept> kept;
  const Entries entries = open_entries(fd_.get(), ".");
  if (!entries) return kept;
  while (const dirent* const entry = readdir(entries.get())) {
    if (stop.stop_requested()) break;
    const char* const name = entry->d_name;
    if (is_variant_folder(name)) list_folder(name, kept);
    if (std::string_view(name).starts_with(kTemporaryPrefix)) remove_if_abandoned(name);
  }
  return kept;
}

void VariantDirectory::list_folder(const char* folder, std::vector<Kept>& kept) const {
  const Entries entries = open_entries(fd_.get(), folder);
  if (!entries) return;
  while (const dirent* const entry = readdir(entries.get())) {
    if (!is_variant_file(entry->d_name)) continue;
    Kept found;
    const std::string path = std::string(folder) + '/' + entry->d_name;
    SLUICE_ASSERT(path.size() < found.name.size());  // is_variant_file()
    path.copy(found.name.data(), found.name.size() - 1);
    struct stat file;
    if (fstatat(fd_.get(), found.name.data(), &file, AT_SYMLINK_NOFOLLOW) != 0) continue;
    found.modified_ns = int64_t{file.st_mtim.tv_sec} * 1'000'000'000 + file.st_mtim.tv_nsec;
    found.charged_bytes = charged_bytes(static_cast<uint64_t>(file.st_size));
    kept.push_back(found);
  }
}

void VariantDirectory::remove_if_abandoned(const char* name) const noexcept {
  constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC;
  const UniqueFd fd(openat(fd_.get(), name, kFlags));
  if (fd && flock(fd.get(), LOCK_EX | LOCK_NB) == 0) unlinkat(fd_.get(), name, 0);
}

}  // namespace sluice
