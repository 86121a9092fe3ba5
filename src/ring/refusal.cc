#include "ring/refusal.h"

#include <cerrno>
#include <cstring>
#include <string_view>

namespace sluice {

namespace {

// What is wrong, how an operator can see it, and what can be done about it.
struct Explanation {
  std::string cause;
  std::string how_to_tell;
  std::string what_to_change;
};

constexpr const char* kAllowIoUring =
    "use a profile that allows io_uring_setup, io_uring_enter and io_uring_register: for Docker "
    "and "
    "Podman, the default one with these three added, by --security-opt seccomp=PROFILE.json; for "
    "Kubernetes, a seccompProfile of type Localhost; for a systemd unit, SystemCallFilter=@aio "
    "beside what it allows";

constexpr const char* kBootNewerKernel =
    "boot Linux 6.1 or later (Debian 12 and Ubuntu 24.04 have it); in a container that is the "
    "host's kernel";

bool ring_was_created(const Error& error) {
  return std::string_view(error.operation) != "io_uring_setup";
}

bool filter_is_active(const SystemFacts& facts) { return facts.seccomp_mode == 2; }

bool filter_is_possible(const SystemFacts& facts) {
  return filter_is_active(facts) || !facts.seccomp_mode;
}

std::string in_container(const SystemFacts& facts) {
  return facts.container.empty() ? "" : " in this container (" + facts.container + ")";
}

Explanation explain_filter(const Error& error, const SystemFacts& facts) {
  Explanation filter;
  filter.cause = "a seccomp filter" + in_container(facts);
  if (ring_was_created(error)) {
    filter.cause += " that lets io_uring_setup(2) pass but not the calls which must follow";
  } else if (error.system_errno == ENOSYS) {
    filter.cause +=
        " that answers as if the system call did not exist, as Podman's default profile "
        "does, or else a kernel built without CONFIG_IO_URING";
  } else {
    filter.cause += ", such as the default profiles of Docker and containerd, which block io_uring";
  }
  filter.how_to_tell =
      "/proc/self/status says 'Seccomp: " +
      (facts.seccomp_mode ? std::to_string(*facts.seccomp_mode) : "?") +
      "' (2: a filter is active), and outside of the container or unit sluice doctor "
      "finds io_uring";
  filter.what_to_change = kAllowIoUring;
  return filter;
}

Explanation explain_unknown_feature(const Error& error, const SystemFacts& facts) {
  if (!kernel_is_at_least(facts, 6, 1)) {
    return {"this kernel, " + facts.kernel_release +
                ", lacks what sluice needs of io_uring (such as IORING_SETUP_DEFER_TASKRUN), which "
                "came with Linux 6.1",
            "uname -r", kBootNewerKernel};
  }
  return {"this kernel calls itself " + facts.kernel_release +
              ", which should have what sluice needs, but does not know " + error.operation +
              " as sluice uses it: a sandbox or a reduced kernel",
          "sluice doctor on a machine with a distribution's own kernel",
          "boot a distribution's kernel, Linux 6.1 or later"};
}

Explanation explain_missing(const Error& error, const SystemFacts& facts) {
  if (ring_was_created(error)) {
    return filter_is_possible(facts) ? explain_filter(error, facts)
                                     : explain_unknown_feature(error, facts);
  }
  if (!kernel_is_at_least(facts, 5, 1)) {
    return {"this kernel, " + facts.kernel_release + ", is older than io_uring (Linux 5.1)",
            "uname -r", kBootNewerKernel};
  }
  if (filter_is_active(facts)) return explain_filter(error, facts);
  return {"this kernel, " + facts.kernel_release +
              ", is recent enough but was built without CONFIG_IO_URING, or is a sandbox that "
              "imitates Linux (gVisor)",
          "grep IO_URING /boot/config-$(uname -r), or zgrep IO_URING /proc/config.gz",
          "use a kernel that has CONFIG_IO_URING=y, or leave the sandbox"};
}

Explanation explain_setting(const SystemFacts& facts) {
  Explanation setting;
  setting.cause =
      "the setting kernel.io_uring_disabled is " + std::to_string(*facts.io_uring_disabled) + ", ";
  setting.how_to_tell = "sysctl kernel.io_uring_disabled";
  setting.what_to_change =
      "as root, sysctl kernel.io_uring_disabled=0 (and the same line in "
      "/etc/sysctl.d/, to keep it)";
  if (facts.io_uring_disabled == 1) {
    setting.how_to_tell += " kernel.io_uring_group";
    const int64_t group = facts.io_uring_group.value_or(-1);
    setting.cause +=
        "which leaves io_uring to processes with CAP_SYS_ADMIN and to members of the "
        "group that kernel.io_uring_group names (" +
        (group < 0 ? "none" : "group " + std::to_string(group)) + ")";
    setting.what_to_change += group < 0 ? "; or name a group of the user who runs sluice, by "
                                          "sysctl kernel.io_uring_group=GID"
                                        : "; or run sluice as a member of that group";
  } else {
    setting.cause += "which forbids io_uring to everybody, root included";
  }
  if (filter_is_active(facts)) {
    setting.cause += "; a seccomp filter is active too and may forbid it as well";
    setting.what_to_change += std::string("; then, if it is still refused, ") + kAllowIoUring;
  }
  if (!facts.container.empty()) {
    setting.what_to_change += "; in a container it is the host that must be changed";
  }
  return setting;
}

Explanation explain_forbidden(const Error& error, const SystemFacts& facts) {
  if (!ring_was_created(error) && facts.io_uring_disabled.value_or(0) > 0) {
    return explain_setting(facts);
  }
  if (error.system_errno == EPERM && filter_is_possible(facts)) {
    return explain_filter(error, facts);
  }
  return {
      "a security module (SELinux, AppArmor or another) forbids it: neither a setting nor a "
      "seccomp filter does",
      "the kernel's log, by journalctl -k or ausearch -m avc -ts recent, shows the denial",
      "allow io_uring in the policy that sluice runs under"};
}

Explanation explain_memory(const SystemFacts& facts) {
  return {
      "no memory was left for a ring: many kernels count rings as locked memory of a user "
      "without CAP_IPC_LOCK, and the limit here is " +
          locked_memory_text(facts) +
          "; otherwise the control group or the machine is out of memory",
      "ulimit -l, and memory.max of the control group",
      "raise the limit of locked memory (LimitMEMLOCK=infinity in a systemd unit, --ulimit "
      "memlock=-1 for Docker and Podman) or start with fewer --threads; each needs about 200 KiB"};
}

Explanation explain_descriptors(const Error& error, const SystemFacts& facts) {
  if (error.system_errno == ENFILE) {
    return {"the whole machine has as many files open as fs.file-max allows",
            "sysctl fs.file-max fs.file-nr",
            "as root, sysctl fs.file-max=NUMBER with a higher one"};
  }
  return {"this process has as many files open as its limit of " +
              std::to_string(facts.descriptors_soft) + " allows, and a ring is one",
          "ulimit -n",
          "raise the limit (LimitNOFILE= in a systemd unit, --ulimit nofile= for Docker and "
          "Podman, ulimit -n in a shell)"};
}

Explanation explain(const Error& error, const SystemFacts& facts) {
  switch (error.system_errno) {
    case ENOSYS:
      return explain_missing(error, facts);
    case EPERM:
    case EACCES:
      return explain_forbidden(error, facts);
    case EINVAL:
      return explain_unknown_feature(error, facts);
    case ENOMEM:
      return explain_memory(facts);
    case EMFILE:
    case ENFILE:
      return explain_descriptors(error, facts);
    default:
      return {"not one of the usual refusals; this kernel is " + facts.kernel_release,
              "sluice doctor tries every feature on its own", "see what it reports"};
  }
}

std::string name_of(int system_errno) {
  const char* name = strerrorname_np(system_errno);
  return name == nullptr ? std::to_string(system_errno) : name;
}

}  // namespace

std::string explain_refusal(const Error& error, const SystemFacts& facts) {
  const Explanation found = explain(error, facts);
  return "io_uring is refused: " + std::string(error.operation) + " failed with " +
         name_of(error.system_errno) + ". Cause: " + found.cause +
         ". How to tell: " + found.how_to_tell + ". What to change: " + found.what_to_change + ".";
}

std::string explain_refusal(const Error& error) {
  return explain_refusal(error, gather_system_facts());
}

}  // namespace sluice
