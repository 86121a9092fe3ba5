// The directory that is served, and the only way into it.
#pragma once

#include <string>

#include <sluice/error.h>

#include "base/unique_fd.h"
#include "runtime/reactor.h"
#include "runtime/task.h"

namespace sluice {

// Every path is resolved by the kernel, beneath this directory (openat2(2), RESOLVE_BENEATH): no
// spelling, symbolic link or race leads outside. Thread-safe: shards share one.
class DocumentRoot {
 public:
  // Throws StartError when `path` is not a directory that can be read.
  explicit DocumentRoot(const std::string& path);

  struct Opened {
    UniqueFd fd;
    bool
        through_symlink;  // the path has a symbolic link in it, which may point elsewhere next time
  };

  // Opens what `path` (relative, "" for the root itself) names, for reading; never waits for the
  // other end of a fifo. `path` must stay as it is until this is done.
  Task<Result<Opened>> open(Reactor& reactor, const char* path) const noexcept;

 private:
  UniqueFd directory_;
};

}  // namespace sluice
