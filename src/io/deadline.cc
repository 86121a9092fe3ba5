#include "io/deadline.h"

#include <sys/socket.h>

namespace sluice {

void Deadline::expire() noexcept {
  passed_ = true;
  // Fails only where the peer has already gone, and then there is nothing left to end.
  ::shutdown(socket_, ends_ == Ends::kReceiving ? SHUT_RD : SHUT_RDWR);
}

}  // namespace sluice
