// Waits for the peer of a connection, for as long as it makes progress.
#pragma once

#include "io/socket.h"
#include "transfer/poll_readiness.h"

namespace sluice {

// Once the peer has acknowledged nothing for `progress_ms` the socket's deadline ends the
// connection (io/deadline.h), and the transfer with it.
class SocketReadiness final : public PollReadiness {
 public:
  // `socket` outlives this.
  SocketReadiness(Socket& socket, uint64_t progress_ms) noexcept
      : PollReadiness(socket.reactor(), socket.fd()),
        socket_(socket),
        progress_ms_(progress_ms),
        passed_before_(socket.deadline().passed()) {}

  Error error(int system_errno, const char* operation) const noexcept override {
    return socket_.error(system_errno, operation);
  }
  Result<void> check() const noexcept override;

 private:
  void begin_poll() noexcept override;

  Socket& socket_;
  const uint64_t progress_ms_;
  // True while the deadline is one that passed before this was made: who has sent no request in
  // time can still be told so.
  bool passed_before_;
};

}  // namespace sluice
