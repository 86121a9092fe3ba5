#include "io/deadline.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <utility>

namespace sluice {

void reset_connection(int socket) noexcept {
  // Dissolving the association (connect(2)) makes TCP reset it at once, also with data unsent.
  const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
  if (::connect(socket, &nobody, sizeof nobody) != 0) ::shutdown(socket, SHUT_RDWR);
}

bool Deadline::progressed() noexcept {
  int unacknowledged = 0;
  if (::ioctl(socket_, SIOCOUTQ, &unacknowledged) != 0) return false;
  // A peer that owes nothing is not who is waited for: a disk may be, between two pieces.
  return unacknowledged < std::exchange(unacknowledged_bytes_, unacknowledged) ||
         unacknowledged == 0;
}

void Deadline::expire() noexcept {
  if (progress_ms_ > 0) {
    const uint64_t now_ms = reactor_.now_ms();
    // The first check has nothing to compare with: it only takes note.
    const bool first = unacknowledged_bytes_ == INT_MAX;
    if (progressed() && !first) last_progress_ms_ = now_ms;
    if (now_ms - last_progress_ms_ < progress_ms_) {
      reactor_.set_timer(*this, progress_ms_ / kChecks);
      return;
    }
  }
  passed_ = true;
  if (progress_ms_ > 0) return reset_connection(socket_);
  // Fails only where the peer has already gone, and then there is nothing left to end.
  ::shutdown(socket_, ends_ == Ends::kReceiving ? SHUT_RD : SHUT_RDWR);
}

}  // namespace sluice
