#include <iterator>
#include <utility>

#include <sluice/doctor.h>

#include "ring/feature_probe.h"
#include "ring/system_facts.h"
#include "ring/system_limits.h"

namespace sluice {

Diagnosis diagnose() {
  Diagnosis diagnosis = probe_features();
  std::vector<Feature> limits = describe_limits(gather_system_facts());
  diagnosis.features.insert(diagnosis.features.end(), std::make_move_iterator(limits.begin()),
                            std::make_move_iterator(limits.end()));
  return diagnosis;
}

}  // namespace sluice
