// Waits for what a client sends, for as long as something comes.
#pragma once

#include <optional>

#include "base/counter.h"
#include "io/operations.h"
#include "io/socket.h"
#include "transfer/readiness.h"

namespace sluice {

// A wait in which nothing arrives for `progress_ms` is kTimedOut; the client can still be answered
// then (Deadline::Ends::kReceiving).
class ReceiveReadiness final : public Readiness {
 public:
  // `socket` and `timeouts`, which counts such waits, outlive this.
  ReceiveReadiness(Socket& socket, uint64_t progress_ms, Counter& timeouts) noexcept
      : Readiness(socket.fd()), socket_(socket), progress_ms_(progress_ms), timeouts_(timeouts) {}
  ~ReceiveReadiness() override { SLUICE_ASSERT(!poll_ || poll_->done()); }

  Task<Result<Wake>> wait(unsigned events, uint64_t patience_ms) noexcept override;
  Task<void> settle() noexcept override;
  Error error(int system_errno, const char* operation) const noexcept override {
    return socket_.error(system_errno, operation);
  }
  Result<void> check() const noexcept override;

 private:
  Socket& socket_;
  const uint64_t progress_ms_;
  Counter& timeouts_;
  std::optional<Poll> poll_;  // under way since a wait() that was impatient
};

}  // namespace sluice
