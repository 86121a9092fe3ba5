// What the limits and settings of a system mean for a server.
#pragma once

#include <vector>

#include "ring/feature_probe.h"
#include "ring/system_facts.h"

namespace sluice {

// One entry a limit or setting; none is required. `available` says that it is in no way of a busy
// server. Counts follow the defaults of sluice/options.h and are estimates.
std::vector<Feature> describe_limits(const SystemFacts& facts);

}  // namespace sluice
