#include "server/receive_readiness.h"

#include <cerrno>

namespace sluice {

void ReceiveReadiness::begin_poll() noexcept {
  socket_.deadline().arm(progress_ms_, Deadline::Ends::kReceiving);
}

void ReceiveReadiness::end_poll() noexcept {
  // A slow disk is not the client's doing.
  socket_.deadline().disarm();
  if (socket_.deadline().passed()) timeouts_.increment();
}

Result<void> ReceiveReadiness::check() const noexcept {
  if (socket_.deadline().passed()) return std::unexpected(socket_.error(ETIME, "poll"));
  return {};
}

}  // namespace sluice
