// What this kernel's io_uring allows, found out by trying.
#pragma once

#include <sluice/doctor.h>

namespace sluice {

// Tries every feature that sluice uses, on rings, sockets, pipes and files of its own; each attempt
// is given up after a second. Where no ring can be used, the rest is not tried and not reported.
// Leaves nothing behind. Uses a handful of descriptors, and one more for each processor.
Diagnosis probe_features();

}  // namespace sluice
