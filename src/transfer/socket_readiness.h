// Waits for the peer of a connection, for as long as it makes progress.
#pragma once

#include <optional>

#include "io/operations.h"
#include "io/socket.h"
#include "transfer/readiness.h"

namespace sluice {

// Once the peer has acknowledged nothing for `progress_ms` the socket's deadline ends the
// connection (io/deadline.h), and the transfer with it.
class SocketReadiness final : public Readiness {
 public:
  // `socket` outlives this.
  SocketReadiness(Socket& socket, uint64_t progress_ms) noexcept
      : Readiness(socket.fd()),
        socket_(socket),
        progress_ms_(progress_ms),
        passed_before_(socket.deadline().passed()) {}
  ~SocketReadiness() override { SLUICE_ASSERT(!poll_ || poll_->done()); }

  Task<Result<Wake>> wait(unsigned events, uint64_t patience_ms) noexcept override;
  Task<void> settle() noexcept override;
  Error error(int system_errno, const char* operation) const noexcept override {
    return socket_.error(system_errno, operation);
  }
  Result<void> check() const noexcept override;

 private:
  Socket& socket_;
  const uint64_t progress_ms_;
  // True while the deadline is one that passed before this was made: who has sent no request in
  // time can still be told so.
  bool passed_before_;
  std::optional<Poll> poll_;  // under way since a wait() that was impatient
};

}  // namespace sluice
