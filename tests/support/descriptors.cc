#include "support/descriptors.h"

#include <dirent.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace sluice::testing_support {

std::set<int> open_descriptors() {
  std::set<int> found;
  DIR* const directory = opendir("/proc/self/fd");
  if (directory == nullptr) return found;
  while (const dirent* entry = readdir(directory)) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && fd != dirfd(directory)) found.insert(fd);
  }
  closedir(directory);
  return found;
}

std::string describe_descriptor(int fd) {
  char target[256];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = readlink(link.c_str(), target, sizeof target);
  return std::to_string(fd) + " (" +
         (length < 0 ? "closed" : std::string(target, static_cast<size_t>(length))) + ")";
}

bool is_pipe(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

uint64_t bytes_waiting(int fd) {
  int count = 0;
  return ioctl(fd, FIONREAD, &count) == 0 && count > 0 ? static_cast<uint64_t>(count) : 0;
}

}  // namespace sluice::testing_support
