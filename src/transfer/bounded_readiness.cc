#include "transfer/bounded_readiness.h"

namespace sluice {

void BoundedReadiness::begin_poll() noexcept {
  cancelling_.wait();
  ending_.wait();
}

void BoundedReadiness::end_poll() noexcept {
  cancelling_.leave();
  ending_.leave();
}

Error BoundedReadiness::error(int system_errno, const char* operation) const noexcept {
  if (const Result<void> checked = bounds_.check(); !checked) return checked.error();
  failed_ = true;
  return error_from_errno(system_errno, operation);
}

}  // namespace sluice
