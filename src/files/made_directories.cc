#include "files/made_directories.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sluice {

int MadeDirectories::make(UniqueFd parent, std::string name) noexcept {
  constexpr mode_t kNewDirectory = 0777;
  if (mkdirat(parent.get(), name.c_str(), kNewDirectory) != 0) return errno;
  made_.push_back({.parent = std::move(parent), .name = std::move(name)});
  return 0;
}

void MadeDirectories::remove() noexcept {
  for (; !made_.empty(); made_.pop_back()) {
    unlinkat(made_.back().parent.get(), made_.back().name.c_str(), AT_REMOVEDIR);
  }
}

}  // namespace sluice
