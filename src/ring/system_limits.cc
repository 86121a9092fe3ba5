#include "ring/system_limits.h"

#include <algorithm>
#include <string>

#include <sluice/options.h>

namespace sluice {

namespace {

// Fewer are soon used up by browsers that keep their connections.
constexpr uint64_t kFewConnections = 4096;

std::string count_text(uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string limit_text(uint64_t limit) {
  return limit == SystemFacts::kUnlimited ? "unlimited" : std::to_string(limit);
}

std::string size_text(uint64_t bytes) {
  return bytes % (1 << 20) == 0 ? std::to_string(bytes >> 20U) + " MiB"
                                : std::to_string(bytes >> 10U) + " KiB";
}

Feature describe_kernel(const SystemFacts& facts) {
  return {"kernel", kernel_is_at_least(facts, 6, 1), false, facts.kernel_release,
          "sluice is made for Linux 6.1 and later"};
}

Feature describe_processors(const SystemFacts& facts) {
  return {"processors", true, false,
          count_text(facts.processors, "thread", "threads") + " to serve", ""};
}

Feature describe_descriptors(const SystemFacts& facts) {
  // Besides the connections there are pipes, listening sockets and open files.
  const uint64_t connections = facts.descriptors_hard / 3 * 2;
  std::string detail = limit_text(facts.descriptors_soft);
  if (facts.descriptors_hard != facts.descriptors_soft) {
    detail += ", which serve raises to " + limit_text(facts.descriptors_hard);
  }
  if (facts.descriptors_hard != SystemFacts::kUnlimited) {
    const uint64_t rounded = connections - (connections > 1000 ? connections % 100 : 0);
    detail += ": about " + std::to_string(rounded) + " connections";
  }
  return {"open files", connections >= kFewConnections, false, detail,
          "further clients wait; raise it by LimitNOFILE= in a systemd unit, --ulimit nofile= for "
          "Docker and Podman, or ulimit -Hn"};
}

Feature describe_io_uring_setting(const SystemFacts& facts) {
  Feature setting{"io_uring_disabled", facts.io_uring_disabled.value_or(0) == 0, false,
                  "not set on this kernel", ""};
  if (!facts.io_uring_disabled) return setting;
  setting.detail = std::to_string(*facts.io_uring_disabled);
  if (facts.io_uring_disabled == 1) {
    const int64_t group = facts.io_uring_group.value_or(-1);
    setting.detail += group < 0 ? ", no group" : ", group " + std::to_string(group);
    setting.consequence =
        "only processes with CAP_SYS_ADMIN and members of the group may use "
        "io_uring";
  } else {
    setting.consequence = "nobody may use io_uring";
  }
  return setting;
}

Feature describe_seccomp(const SystemFacts& facts) {
  std::string detail = "unknown";
  if (facts.seccomp_mode) detail = facts.seccomp_mode == 0 ? "no filter" : "a filter is active";
  return {"seccomp", true, false, detail, ""};
}

Feature describe_container(const SystemFacts& facts) {
  return {"container", true, false, facts.container.empty() ? "none noticed" : facts.container, ""};
}

Feature describe_pipes(const SystemFacts& facts) {
  const Limits limits;
  const uint64_t wanted = uint64_t{limits.pipe_count} * facts.processors;
  const std::string size = size_text(limits.pipe_bytes);
  if (!facts.exceeds_pipe_max && facts.pipe_max_bytes < limits.pipe_bytes) {
    return {"pipes", false, false,
            "at most " + size_text(facts.pipe_max_bytes) + " each (fs.pipe-max-size)",
            "large files take more system calls; sysctl fs.pipe-max-size=" +
                std::to_string(limits.pipe_bytes) + " allows the " + size + " that are wanted"};
  }
  if (facts.exceeds_pipe_memory || facts.pipe_memory_bytes == 0) {
    return {"pipes", true, false, std::to_string(wanted) + " at " + size + " each", ""};
  }
  const uint64_t allowed = facts.pipe_memory_bytes / limits.pipe_bytes;
  return {"pipes", allowed >= wanted, false,
          "room for " + std::to_string(allowed) + " at " + size + " each, up to " +
              std::to_string(wanted) + " wanted (fs.pipe-user-pages-soft)",
          "when many clients download at once some pipes are smaller, and large files take more "
          "system calls; sysctl fs.pipe-user-pages-soft=0 lifts the limit"};
}

Feature describe_congestion_control(const SystemFacts& facts) {
  return {"tcp_congestion_control", facts.congestion_control != "bbr", false,
          facts.congestion_control.empty() ? "unknown" : facts.congestion_control,
          "paces the loopback too: measure with cubic"};
}

}  // namespace

std::vector<Feature> describe_limits(const SystemFacts& facts) {
  return {describe_kernel(facts),      describe_processors(facts),
          describe_descriptors(facts), describe_io_uring_setting(facts),
          describe_seccomp(facts),     describe_container(facts),
          describe_pipes(facts),       describe_congestion_control(facts)};
}

}  // namespace sluice
