// Waits for what a client sends, for as long as something comes.
#pragma once

#include "base/counter.h"
#include "io/socket.h"
#include "transfer/poll_readiness.h"

namespace sluice {

// A wait in which nothing arrives for `progress_ms` is kTimedOut; the client can still be answered
// then (Deadline::Ends::kReceiving).
class ReceiveReadiness final : public PollReadiness {
 public:
  // `socket` and `timeouts`, which counts such waits, outlive this.
  ReceiveReadiness(Socket& socket, uint64_t progress_ms, Counter& timeouts) noexcept
      : PollReadiness(socket.reactor(), socket.fd()),
        socket_(socket),
        progress_ms_(progress_ms),
        timeouts_(timeouts) {}

  Error error(int system_errno, const char* operation) const noexcept override {
    return socket_.error(system_errno, operation);
  }
  Result<void> check() const noexcept override;

 private:
  void begin_poll() noexcept override;
  void end_poll() noexcept override;

  Socket& socket_;
  const uint64_t progress_ms_;
  Counter& timeouts_;
};

}  // namespace sluice
