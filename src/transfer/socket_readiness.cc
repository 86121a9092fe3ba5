#include "transfer/socket_readiness.h"

#include <cerrno>

namespace sluice {

void SocketReadiness::begin_poll() noexcept {
  socket_.deadline().arm_progress(progress_ms_);
  passed_before_ = false;
}

Result<void> SocketReadiness::check() const noexcept {
  if (passed_before_ || !socket_.deadline().passed()) return {};
  return std::unexpected(socket_.error(ETIME, "poll"));
}

}  // namespace sluice
