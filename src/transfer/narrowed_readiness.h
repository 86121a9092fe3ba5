// Waits for a connection of the server within the bounds of a transfer.
#pragma once

#include "transfer/readiness.h"
#include "transfer/transfer_bounds.h"

namespace sluice {

// The connection's own limits hold as well. A cancellation is noticed within kLookMs.
class NarrowedReadiness final : public Readiness {
 public:
  static constexpr uint64_t kLookMs = 50;

  // Both outlive this.
  NarrowedReadiness(const TransferBounds& bounds, Readiness& inner) noexcept
      : Readiness(inner.fd()), bounds_(bounds), inner_(inner) {}

  Task<Result<Wake>> wait(unsigned events, uint64_t patience_ms) noexcept override;
  Task<void> settle() noexcept override { return inner_.settle(); }
  Error error(int system_errno, const char* operation) const noexcept override;
  Result<void> check() const noexcept override;

  bool failed() const noexcept { return failed_; }

 private:
  const TransferBounds& bounds_;
  Readiness& inner_;
  mutable bool failed_ = false;
};

}  // namespace sluice
