#include "files/file_state.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

namespace sluice {

namespace {

constexpr unsigned kWanted =
    STATX_TYPE | STATX_MODE | STATX_INO | STATX_SIZE | STATX_MTIME | STATX_CTIME;

// The inode of an open file is in memory, and AT_STATX_DONT_SYNC keeps a network file system from
// asking its server: so this is called directly. On the ring it would cost a worker thread.
Result<FileState> ask(int fd, const char* path, int flags) noexcept {
  struct statx answer;
  if (statx(fd, path, flags | AT_STATX_DONT_SYNC, kWanted, &answer) != 0) {
    return std::unexpected(error_from_errno(errno, "statx"));
  }
  return FileState{.device = makedev(answer.stx_dev_major, answer.stx_dev_minor),
                   .inode = answer.stx_ino,
                   .size_bytes = answer.stx_size,
                   .modified_seconds = answer.stx_mtime.tv_sec,
                   .modified_nanoseconds = answer.stx_mtime.tv_nsec,
                   .changed_seconds = answer.stx_ctime.tv_sec,
                   .changed_nanoseconds = answer.stx_ctime.tv_nsec,
                   .mode = answer.stx_mode};
}

}  // namespace

bool removed(int fd) noexcept {
  struct statx answer;
  return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_NLINK, &answer) == 0 &&
         answer.stx_nlink == 0;
}

Result<FileState> state_of(int fd) noexcept { return ask(fd, "", AT_EMPTY_PATH); }

Result<FileState> state_at(const char* path) noexcept { return ask(AT_FDCWD, path, 0); }

}  // namespace sluice
