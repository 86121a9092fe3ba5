// A directory that is served, and the only way into it.
#pragma once

#include <cstdint>
#include <string>

#include <sluice/error.h>
#include <sluice/site.h>
#include <sluice/unique_fd.h>

#include "files/file_state.h"
#include "runtime/reactor.h"
#include "runtime/task.h"

namespace sluice {

// Every path is resolved by the kernel, beneath this directory (openat2(2), RESOLVE_BENEATH): no
// spelling, symbolic link or race leads outside, but for the links that Symlinks::kFollow allows.
// Thread-safe: shards share one.
class DocumentRoot {
 public:
  // Throws StartError when `path` is not a directory that can be read.
  explicit DocumentRoot(const std::string& path, Symlinks symlinks = Symlinks::kBeneath);

  // As realpath(3) has it.
  const std::string& path() const noexcept { return path_; }
  int fd() const noexcept { return directory_.get(); }
  // No other root of this process ever has the same.
  uint64_t id() const noexcept { return id_; }
  Symlinks symlinks() const noexcept { return symlinks_; }

  struct Opened {
    UniqueFd fd;  // for reading a regular file; only the place of a directory (O_PATH)
    FileState state;
    bool through_symlink = false;  // the path has a symbolic link in it, which may change
  };

  // Opens the regular file or the directory that `path` (relative, "" for the root itself) names;
  // anything else is kNotFound, and is not even opened. `path` must stay as it is until this is
  // done.
  Task<Result<Opened>> open(Reactor& reactor, const char* path) const noexcept;

  // Opens a directory for reading what is in it. Blocks: for a worker.
  Result<UniqueFd> open_directory(const std::string& path) const noexcept;

 private:
  // openat2(2) beneath the directory. Where a symbolic link is met it notes that, and follows it.
  Task<Result<UniqueFd>> resolve(Reactor& reactor, const char* path, uint64_t flags,
                                 bool& through_symlink) const noexcept;

  uint64_t id_;
  std::string path_;
  Symlinks symlinks_;
  UniqueFd directory_;
};

}  // namespace sluice
