#include "files/file_state.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace sluice {

namespace {

constexpr unsigned kWanted =
    STATX_TYPE | STATX_MODE | STATX_INO | STATX_SIZE | STATX_MTIME | STATX_CTIME | STATX_NLINK;

// The clock that change times are read from may stand still for this long (CONFIG_HZ=100, twice).
constexpr std::chrono::nanoseconds kClockTick = std::chrono::milliseconds(20);

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
                   .mode = answer.stx_mode,
                   .link_count = answer.stx_nlink};
}

}  // namespace

bool removed(int fd) noexcept {
  struct statx answer;
  return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_NLINK, &answer) == 0 &&
         answer.stx_nlink == 0;
}

Result<FileState> state_of(int fd) noexcept { return ask(fd, "", AT_EMPTY_PATH); }

Result<FileState> state_at(const char* path) noexcept { return ask(AT_FDCWD, path, 0); }

Result<FileState> state_at(int directory, const char* name) noexcept {
  return ask(directory, name, AT_SYMLINK_NOFOLLOW);
}

bool same_mount(int directory, int other) noexcept {
  struct statx one;
  struct statx two;
  constexpr int kFlags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
  return statx(directory, "", kFlags, STATX_MNT_ID, &one) == 0 &&
         statx(other, "", kFlags, STATX_MNT_ID, &two) == 0 && one.stx_mnt_id == two.stx_mnt_id &&
         one.stx_dev_major == two.stx_dev_major && one.stx_dev_minor == two.stx_dev_minor;
}

void wait_for_next_tick(const FileState& state) noexcept {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  // Nanoseconds do not hold every time that a file system does.
  const int64_t now_seconds = std::chrono::floor<std::chrono::seconds>(now).count();
  if (state.changed_seconds < now_seconds - 1 || state.changed_seconds > now_seconds + 1) return;
  const auto changed = std::chrono::seconds(state.changed_seconds) +
                       std::chrono::nanoseconds(state.changed_nanoseconds);
  if (std::chrono::abs(now - changed) < kClockTick) std::this_thread::sleep_for(kClockTick);
}

}  // namespace sluice
