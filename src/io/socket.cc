#include "io/socket.h"

#include <sys/socket.h>

#include <cerrno>

namespace sluice {

Error Socket::error(int system_errno, const char* operation) const noexcept {
  if (deadline_.passed()) return Error{ErrorCode::kTimedOut, ETIME, operation};
  return error_from_errno(system_errno, operation);
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
