// What the kernel, its settings and the limits of this process are, read but not judged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sluice {

struct SystemFacts {
  static constexpr uint64_t kUnlimited = UINT64_MAX;

  std::string kernel_release;  // uname(2): "6.1.0-18-amd64"
  unsigned processors = 1;     // that this process may run on (sched_getaffinity(2))

  // The settings kernel.io_uring_disabled and kernel.io_uring_group. Empty where the kernel has
  // none (before 6.6) or /proc does not show them.
  std::optional<int64_t> io_uring_disabled;
  std::optional<int64_t> io_uring_group;

  // "Seccomp:" of proc_pid_status(5): 0 none, 1 strict, 2 a filter. Empty where it is not told.
  std::optional<int64_t> seccomp_mode;
  std::string container;  // what runs the container ("Docker"), or "" where none was noticed

  uint64_t descriptors_soft = 0;  // RLIMIT_NOFILE
  uint64_t descriptors_hard = 0;
  uint64_t locked_memory_bytes = 0;  // RLIMIT_MEMLOCK, soft; kUnlimited

  uint64_t pipe_memory_bytes = 0;    // fs.pipe-user-pages-soft; 0: as much as there is
  uint64_t pipe_max_bytes = 0;       // fs.pipe-max-size
  bool exceeds_pipe_memory = false;  // true exactly when the first does not hold for this process
  bool exceeds_pipe_max = false;     // true exactly when the second does not

  std::string congestion_control;  // net.ipv4.tcp_congestion_control
};

// Reads them all. What cannot be read stays as it is above.
SystemFacts gather_system_facts();

// Whether the kernel calls itself `major`.`minor` or later. Distributions bring features to older
// kernels, so this explains a refusal, and never predicts one.
bool kernel_is_at_least(const SystemFacts& facts, unsigned major, unsigned minor) noexcept;

// "8192 KiB" or "unlimited".
std::string locked_memory_text(const SystemFacts& facts);

}  // namespace sluice
