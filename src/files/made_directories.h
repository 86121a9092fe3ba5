// Directories that somebody has made on the way to a file.
#pragma once

#include <string>
#include <vector>

#include <sluice/unique_fd.h>

namespace sluice {

// They can be removed again, by the one who has made them. Not thread-safe. All of it blocks.
class MadeDirectories {
 public:
  // Makes the directory of that name in `parent` (mode 0777 without the umask), and notes it. 0 or
  // an errno: EEXIST when there is something of that name.
  int make(UniqueFd parent, std::string name) noexcept;

  // Removes those of them that are empty, the deepest first.
  void remove() noexcept;

  struct Made {
    UniqueFd parent;
    std::string name;
  };
  const std::vector<Made>& all() const noexcept { return made_; }

 private:
  std::vector<Made> made_;  // the deepest is the last
};

}  // namespace sluice
