#include "transfer/transfer_counters.h"

namespace sluice {

void TransferCounters::add_to(TransferStats& sum) const noexcept {
  for (size_t i = 0; i < routes.size(); ++i) {
    sum.routes[i].transfers += routes[i].transfers.value();
    sum.routes[i].bytes += routes[i].bytes.value();
  }
  for (size_t i = 0; i < fallbacks.size(); ++i) sum.fallbacks[i] += fallbacks[i].value();
  sum.copied_body_bytes += copied_body_bytes.value();
  sum.zero_copy_copied += zero_copy_copied.value();
  sum.pipes_in_use += pipes_in_use.value();
}

}  // namespace sluice
