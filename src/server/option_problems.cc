#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <string_view>
#include <utility>

#include <sluice/options.h>
#include <sluice/unique_fd.h>

#include "files/password_file.h"
#include "http/characters.h"
#include "http/target_path.h"
#include "rules/host_table.h"
#include "rules/pattern.h"
#include "rules/site_rules.h"
#include "server/listen_address.h"

namespace sluice {

namespace {

class Problems {
 public:
  void add(std::string option, std::string message) {
    found_.push_back({std::move(option), std::move(message)});
  }
  std::vector<OptionProblem>& found() { return found_; }
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
  if (limits.background_thread_count < 1 || limits.background_thread_count > 64) {
    problems.add("limits.background_thread_count",
                 std::to_string(limits.background_thread_count) + " is not allowed; 1 to 64 is");
  }
  if (limits.background_queue_count == 0) {
    problems.add("limits.background_queue_count", "0 is not allowed; 1 and more is");
  }
  constexpr uint32_t kMostPipeBytes = 1U << 30U;
  if (limits.pipe_bytes < 4096 || limits.pipe_bytes > kMostPipeBytes) {
    problems.add("limits.pipe_bytes",
                 std::to_string(limits.pipe_bytes) + " is not allowed; 4096 to 1073741824 is");
  }
  if (limits.receive_buffer_bytes == 0) {
    problems.add("limits.receive_buffer_bytes", "0 is not allowed; 1 and more is");
  }
}

std::string at(const std::string& where, const char* member, size_t index) {
  return where + "." + member + "[" + std::to_string(index) + "]";
}

void check_index(const std::vector<std::string>& names, const std::string& where,
                 Problems& problems) {
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string& name = names[i];
    if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
        name.find('\0') != std::string::npos) {
      problems.add(at(where, "index", i),
                   "'" + name + "' is no file name; a name without '/' is allowed");
    }
  }
}

void check_root(const std::string& root, const std::string& where, Problems& problems) {
  const UniqueFd fd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) return;
  const bool exhausted = errno == EMFILE || errno == ENFILE;
  problems.add(where, "'" + root + "': " + strerrordesc_np(errno) +
                          (exhausted ? "; raise the limit of open files (ulimit -n)"
                                     : "; it must be a directory that this process may read"));
}

// Files that the configuration names by their path in the site.
void check_file_path(const std::string& path, const std::string& prefix, const std::string& where,
                     Problems& problems) {
  http::TargetPath resolved;
  const bool plain = path.starts_with('/') && resolved.assign(path, {}) &&
                     resolved.absolute() == path && !path.ends_with('/');
  if (!plain || !path.starts_with(prefix + "/")) {
    problems.add(where, "'" + path + "' is not allowed; the path of a file below '" + prefix +
                            "/' is, such as '" + prefix + "/index.html'");
  }
}

void check_error_pages(const Directory& directory, const std::string& prefix,
                       const std::string& where, Problems& problems) {
  for (const auto& [status, path] : directory.error_pages) {
    const std::string member = where + ".error_pages." + std::to_string(status);
    if (status < 400 || status > 599) {
      problems.add(member,
                   std::to_string(status) + " is not the status of an error; 400 to 599 is");
    }
    check_file_path(path, prefix, member, problems);
  }
}

void check_fallback(const Directory& directory, const std::string& prefix, const std::string& where,
                    Problems& problems) {
  if (!directory.fallback.empty()) {
    check_file_path(directory.fallback, prefix, where + ".fallback", problems);
  }
  for (size_t i = 0; i < directory.fallback_exclude.size(); ++i) {
    const auto pattern = rules::Pattern::compile(directory.fallback_exclude[i]);
    if (!pattern) problems.add(at(where, "fallback_exclude", i), pattern.error());
  }
}

// A year: what is above can only be a mistake.
constexpr uint64_t kMostResumeMs = 365ULL * 24 * 3600 * 1000;

void check_uploads(const Directory& directory, const std::string& where, Problems& problems) {
  const uint64_t resume_ms = directory.upload.resume_ms;
  if (resume_ms > kMostResumeMs) {
    problems.add(
        where + ".upload.resume_ms",
        std::to_string(resume_ms) + " is too long; at most 31536000000, a year, is allowed");
  }
  if (!directory.uploads) return;
  if (directory.upload.limit_bytes == 0) {
    problems.add(where + ".upload.limit_bytes", "0 is not allowed; 1 and more is");
  }
  const std::string& root = directory.root;
  if (::access(root.c_str(), F_OK) == 0 && ::access(root.c_str(), W_OK | X_OK) != 0) {
    problems.add(where + ".uploads", "'" + root + "': " + strerrordesc_np(errno) +
                                         "; this process must be allowed to write to it");
  }
}

void check_transfer(const Directory& directory, const std::string& where, Problems& problems) {
  if (directory.transfer == Route::kCopyFileRange) {
    problems.add(where + ".transfer",
                 "'copy-file-range' is not allowed; it is from file to file, not for responses");
  }
}

void check_directory(const Directory& directory, const std::string& prefix,
                     const std::string& where, const Options& options, Problems& problems) {
  check_index(directory.index, where, problems);
  check_fallback(directory, prefix, where, problems);
  check_error_pages(directory, prefix, where, problems);
  check_transfer(directory, where, problems);
  check_uploads(directory, where, problems);
  if (directory.compress && options.cache_directory.empty()) {
    problems.add(where + ".compress",
                 "there is no place for compressed files; cache_directory must name one");
  }
}

// As a path is after its dot segments are resolved, so that it can match one.
bool is_mount_path(std::string_view path) {
  if (!path.starts_with('/') || path.find_first_not_of('/') == std::string_view::npos) return false;
  http::TargetPath resolved;
  if (!resolved.assign(path, {})) return false;
  if (path.ends_with('/')) path.remove_suffix(1);
  return resolved.path() == path.substr(1);
}

void check_mounts(const Site& site, const std::string& where, const Options& options,
                  Problems& problems) {
  std::set<std::string> seen;
  for (size_t i = 0; i < site.mounts.size(); ++i) {
    const Mount& mount = site.mounts[i];
    const std::string member = at(where, "mounts", i);
    std::string prefix = mount.path;
    if (prefix.ends_with('/')) prefix.pop_back();
    if (!is_mount_path(mount.path)) {
      problems.add(member + ".path",
                   "'" + mount.path + "' is not allowed; a path such as '/downloads' is");
    } else if (!seen.insert(prefix).second) {
      problems.add(member + ".path", "'" + mount.path + "' is the path of two mounts");
    }
    check_root(mount.root, member + ".root", problems);
    check_directory(mount, prefix, member, options, problems);
  }
}

void check_handlers(const Site& site, const std::string& where, Problems& problems) {
  std::set<std::string> seen;
  for (size_t i = 0; i < site.handlers.size(); ++i) {
    const HandlerRoute& route = site.handlers[i];
    const std::string member = at(where, "handlers", i);
    std::string prefix = route.prefix;
    if (prefix.ends_with('/')) prefix.pop_back();
    if (route.prefix != "/" && !is_mount_path(route.prefix)) {
      problems.add(member + ".prefix",
                   "'" + route.prefix + "' is not allowed; a path such as '/api' is");
    } else if (!seen.insert(prefix).second) {
      problems.add(member + ".prefix", "'" + route.prefix + "' is the prefix of two handlers");
    }
    if (!route.handler) problems.add(member + ".handler", "there must be one; it is empty");
  }
}

void check_auth(const Site& site, const std::string& where, Problems& problems) {
  for (size_t i = 0; i < site.auth.size(); ++i) {
    const AuthRule& rule = site.auth[i];
    if (std::ranges::any_of(rule.realm, http::is_control_byte)) {
      problems.add(at(where, "auth", i) + ".realm", "it must not hold control characters");
    }
    std::string problem = problem_of_password_file(rule.htpasswd);
    if (!problem.empty()) problems.add(at(where, "auth", i) + ".htpasswd", std::move(problem));
  }
}

void check_rules(const Site& site, const std::string& where, Problems& problems) {
  const rules::SiteRules compiled = rules::SiteRules::compile(site, where, problems.found());
}

void check_site(const Site& site, const std::string& where, const Options& options,
                Problems& problems) {
  // Where others answer, there need be no directory.
  if (!site.root.empty() || (site.mounts.empty() && site.handlers.empty())) {
    check_root(site.root, where + ".root", problems);
  }
  check_directory(site, "", where, options, problems);
  check_mounts(site, where, options, problems);
  check_handlers(site, where, problems);
  check_rules(site, where, problems);
  check_auth(site, where, problems);
}

}  // namespace

std::vector<OptionProblem> find_problems(const Options& options) {
  Problems problems;
  if (options.listen.empty()) problems.add("listen", "there must be one address at least");
  for (size_t i = 0; i < options.listen.size(); ++i) {
    std::string problem = problem_of_address(options.listen[i]);
    if (!problem.empty()) problems.add("listen[" + std::to_string(i) + "]", std::move(problem));
  }
  if (options.threads > 1024) {
    problems.add("threads",
                 std::to_string(options.threads) + " is too many; at most 1024 are allowed");
  }
  check_limits(options.limits, problems);
  if (options.sites.empty()) problems.add("sites", "there must be one site at least");
  for (size_t i = 0; i < options.sites.size(); ++i) {
    check_site(options.sites[i], "sites[" + std::to_string(i) + "]", options, problems);
  }
  rules::HostTable::compile(options.sites, problems.found());
  return problems.take();
}

}  // namespace sluice
