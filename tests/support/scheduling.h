// How the kernel schedules a thread.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace sluice::testing_support {

// As sched_getattr(2) fills it.
struct Scheduling {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime_ns;  // the time slice, where the policy is SCHED_OTHER
  uint64_t deadline_ns;
  uint64_t period_ns;
};

// Of the thread `id`, 0 for the calling one. All 0 where there is no such thread.
inline Scheduling scheduling_of(pid_t id) {
  Scheduling now{};
  syscall(SYS_sched_getattr, id, &now, sizeof now, 0);
  return now;
}

// Whether this kernel knows slices, and lets this process ask for them.
inline bool slices_can_be_asked_for() {
  Scheduling now = scheduling_of(0);
  return now.runtime_ns > 0 && syscall(SYS_sched_setattr, 0, &now, 0) == 0;
}

}  // namespace sluice::testing_support
