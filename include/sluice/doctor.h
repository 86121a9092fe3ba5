// What a system allows a server to do, found out by trying.
#pragma once

#include <string>
#include <vector>

#include <sluice/export.h>

namespace sluice {

struct Feature {
  std::string name;
  bool available = true;
  bool required = false;    // without it nothing can be served
  std::string detail;       // what was found: an operation, a limit, the error of the attempt
  std::string consequence;  // what follows where it is not available
};

struct Diagnosis {
  std::vector<Feature> features;
  std::string refusal;  // why nothing can be served, in one paragraph; empty where it can
};

// Tries every feature of io_uring(7) that sluice uses, each for a second at most, and reads the
// settings and limits that matter. Leaves nothing behind. Thread-safe.
SLUICE_API Diagnosis diagnose();

}  // namespace sluice
