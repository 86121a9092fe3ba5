#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include <sluice/options.h>

#include "base/unique_fd.h"

namespace sluice {

namespace {

class Problems {
 public:
  void add(std::string option, std::string message) {
    found_.push_back({std::move(option), std::move(message)});
  }
  std::vector<OptionProblem> take() { return std::move(found_); }

 private:
  std::vector<OptionProblem> found_;
};

void check_limits(const Limits& limits, Problems& problems) {
  if (limits.head_bytes < 256 || limits.head_bytes > 65535) {
    problems.add("limits.head_bytes",
                 std::to_string(limits.head_bytes) + " is not allowed; 256 to 65535 is");
  }
  if (limits.field_count > 100) {
    problems.add("limits.field_count",
                 std::to_string(limits.field_count) + " is too many; at most 100 are allowed");
  }
  const uint16_t buffers = limits.receive_buffer_count;
  if (buffers == 0 || buffers > 32768 || (buffers & (buffers - 1)) != 0) {
    problems.add("limits.receive_buffer_count",
                 std::to_string(buffers) + " is not allowed; a power of two up to 32768 is");
  }
  if (limits.receive_buffer_bytes == 0) {
    problems.add("limits.receive_buffer_bytes", "0 is not allowed; 1 and more is");
  }
}

void check_index(const std::vector<std::string>& names, const std::string& where,
                 Problems& problems) {
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string& name = names[i];
    if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
        name.find('\0') != std::string::npos) {
      problems.add(where + "[" + std::to_string(i) + "]",
                   "'" + name + "' is no file name; a name without '/' is allowed");
    }
  }
}

void check_root(const std::string& root, const std::string& where, Problems& problems) {
  const UniqueFd fd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) return;
  problems.add(where, "'" + root + "': " + strerrordesc_np(errno) +
                          "; it must be a directory that this process may read");
}

void check_directory(const Directory& directory, const std::string& where, Problems& problems) {
  check_root(directory.root, where + ".root", problems);
  check_index(directory.index, where + ".index", problems);
}

}  // namespace

std::vector<OptionProblem> find_problems(const Options& options) {
  Problems problems;
  if (options.listen.empty()) problems.add("listen", "there must be one address at least");
  if (options.threads > 1024) {
    problems.add("threads",
                 std::to_string(options.threads) + " is too many; at most 1024 are allowed");
  }
  check_limits(options.limits, problems);
  if (options.sites.empty()) problems.add("sites", "there must be one site at least");
  for (size_t i = 0; i < options.sites.size(); ++i) {
    check_directory(options.sites[i], "sites[" + std::to_string(i) + "]", problems);
  }
  return problems.take();
}

}  // namespace sluice
