// What this kernel's io_uring allows, found out by trying.
#pragma once

#include <string>
#include <vector>

namespace sluice {

struct Feature {
  std::string name;
  bool available = true;
  bool required = false;    // without it nothing can be served
  std::string detail;       // what was found: an operation, a limit, the error of the attempt
  std::string consequence;  // what follows where it is not available
};

struct ProbeReport {
  std::vector<Feature> features;
  std::string refusal;  // why nothing can be served, in one paragraph; empty where it can
};

// Tries every feature that sluice uses, on rings, sockets, pipes and files of its own; each attempt
// is given up after a second. Where no ring can be used, the rest is not tried and not reported.
// Leaves nothing behind. Uses a handful of descriptors, and one more for each processor.
ProbeReport probe_features();

}  // namespace sluice
