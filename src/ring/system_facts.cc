#include "ring/system_facts.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>

namespace sluice {

namespace {

// Empty where there is no such file.
std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::optional<int64_t> parse_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  return number;
}

uint64_t read_size(const char* path) {
  return static_cast<uint64_t>(parse_number(first_line(path)).value_or(0));
}

// A field of proc_pid_status(5) about this process, or "".
std::string status_field(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return line.substr(name.size());
  }
  return "";
}

std::string read_container() {
  if (access("/run/.containerenv", F_OK) == 0) return "Podman";
  if (access("/.dockerenv", F_OK) == 0) return "Docker";
  if (access("/run/secrets/kubernetes.io", F_OK) == 0) return "Kubernetes";
  return first_line("/run/systemd/container");
}

// The effective capabilities of this process, as bits. None in a user namespace of its own, where
// they do not hold against the limits of the machine.
uint64_t read_capabilities() {
  std::istringstream user_map(first_line("/proc/self/uid_map"));
  uint64_t inside = 0;
  uint64_t outside = 0;
  uint64_t count = 0;
  user_map >> inside >> outside >> count;
  if (inside != 0 || outside != 0 || count != UINT32_MAX) return 0;
  return std::strtoull(status_field("CapEff:").c_str(), nullptr, 16);
}

bool has_capability(uint64_t capabilities, unsigned capability) noexcept {
  return (capabilities >> capability & 1U) != 0;
}

uint64_t limit_value(rlim_t limit) noexcept {
  return limit == RLIM_INFINITY ? SystemFacts::kUnlimited : limit;
}

unsigned count_processors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(CPU_COUNT(&set));
}

}  // namespace

SystemFacts gather_system_facts() {
  SystemFacts facts;
  utsname name{};
  if (uname(&name) == 0) facts.kernel_release = name.release;
  facts.processors = count_processors();
  facts.io_uring_disabled = parse_number(first_line("/proc/sys/kernel/io_uring_disabled"));
  facts.io_uring_group = parse_number(first_line("/proc/sys/kernel/io_uring_group"));
  facts.seccomp_mode = parse_number(status_field("Seccomp:"));
  facts.container = read_container();

  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    facts.descriptors_soft = limit_value(limit.rlim_cur);
    facts.descriptors_hard = limit_value(limit.rlim_max);
  }
  if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0) {
    facts.locked_memory_bytes = limit_value(limit.rlim_cur);
  }

  const auto page_bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  facts.pipe_memory_bytes = read_size("/proc/sys/fs/pipe-user-pages-soft") * page_bytes;
  facts.pipe_max_bytes = read_size("/proc/sys/fs/pipe-max-size");
  const uint64_t capabilities = read_capabilities();
  facts.exceeds_pipe_max = has_capability(capabilities, CAP_SYS_RESOURCE);
  facts.exceeds_pipe_memory = facts.exceeds_pipe_max || has_capability(capabilities, CAP_SYS_ADMIN);
  facts.congestion_control = first_line("/proc/sys/net/ipv4/tcp_congestion_control");
  return facts;
}

bool kernel_is_at_least(const SystemFacts& facts, unsigned major, unsigned minor) noexcept {
  unsigned is_major = 0;
  unsigned is_minor = 0;
  if (std::sscanf(facts.kernel_release.c_str(), "%u.%u", &is_major, &is_minor) != 2) return false;
  return is_major > major || (is_major == major && is_minor >= minor);
}

std::string locked_memory_text(const SystemFacts& facts) {
  if (facts.locked_memory_bytes == SystemFacts::kUnlimited) return "unlimited";
  return std::to_string(facts.locked_memory_bytes / 1024) + " KiB";
}

}  // namespace sluice
