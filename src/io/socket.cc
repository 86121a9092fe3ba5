#include "io/socket.h"

#include <sys/socket.h>

#include <cerrno>

#include "io/operations.h"

namespace sluice {

Error Socket::error(int system_errno, const char* operation) const noexcept {
  if (deadline_.passed()) return Error{ErrorCode::kTimedOut, ETIME, operation};
  return error_from_errno(system_errno, operation);
}

Task<Result<void>> Socket::send_all(std::string_view bytes, int flags,
                                    uint64_t progress_ms) noexcept {
  while (!bytes.empty()) {
    deadline_.arm_progress(progress_ms);
    Send send(reactor_, fd(), bytes, flags);
    const int sent = co_await send;
    if (sent < 0) co_return std::unexpected(error(-sent, "send"));
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  co_return Result<void>();
}

void Socket::abort() noexcept {
  // ENOTCONN: the peer was faster. There is no other error for a socket of ours.
  ::shutdown(fd(), SHUT_RDWR);
}

void Socket::reset() noexcept { reset_connection(fd()); }

Task<void> Socket::join() noexcept {
  deadline_.disarm();
  while (!incoming_.over()) co_await incoming_.changed();
}

}  // namespace sluice
