#include "transfer/narrowed_readiness.h"

#include <algorithm>

namespace sluice {

Task<Result<Readiness::Wake>> NarrowedReadiness::wait(unsigned events,
                                                      uint64_t patience_ms) noexcept {
  while (bounds_.check()) {
    uint64_t slice_ms = std::min(patience_ms, bounds_.left_ms());
    if (bounds_.cancellation() != nullptr) slice_ms = std::min(slice_ms, kLookMs);
    Task<Result<Wake>> waiting = inner_.wait(events, slice_ms);
    const Result<Wake> wake = co_await waiting;
    if (!wake) failed_ = true;
    if (!wake || *wake == Wake::kReady) co_return wake;
    if (patience_ms != kPatient) patience_ms -= slice_ms;
    if (patience_ms == 0 && bounds_.check()) co_return Wake::kImpatient;
  }
  Task<void> settling = inner_.settle();
  co_await settling;
  co_return std::unexpected(bounds_.check().error());
}

Error NarrowedReadiness::error(int system_errno, const char* operation) const noexcept {
  if (const Result<void> checked = bounds_.check(); !checked) return checked.error();
  failed_ = true;
  return inner_.error(system_errno, operation);
}

Result<void> NarrowedReadiness::check() const noexcept {
  if (const Result<void> checked = bounds_.check(); !checked) return checked;
  const Result<void> checked = inner_.check();
  if (!checked) failed_ = true;
  return checked;
}

}  // namespace sluice
