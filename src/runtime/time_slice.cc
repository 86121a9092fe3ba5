#include "runtime/time_slice.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace sluice {

namespace {

// As in the kernel's <linux/sched/types.h>, which clashes with some versions of <sched.h>.
struct SchedulingAttributes {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime_ns;  // the slice, where the policy is SCHED_OTHER
  uint64_t deadline_ns;
  uint64_t period_ns;
};
constexpr uint64_t kResetOnFork = 1;
constexpr uint64_t kShortestSliceNs = 100'000;

}  // namespace

void ask_for_short_time_slices() noexcept {
  SchedulingAttributes attributes{};
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return;
  if (attributes.policy != SCHED_OTHER) return;
  attributes.flags |= kResetOnFork;
  attributes.runtime_ns = kShortestSliceNs;
  syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace sluice
