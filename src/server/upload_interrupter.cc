#include "server/upload_interrupter.h"

#include <sys/socket.h>

#include <vector>

namespace sluice {

UploadInterrupter::Registration::Registration(UploadInterrupter& interrupter,
                                              const UploadToken& token, int socket_fd)
    : interrupter_(interrupter), token_(token), socket_fd_(socket_fd) {
  const std::lock_guard lock(interrupter_.mutex_);
  interrupter_.registrations_.push_back(this);
}

UploadInterrupter::Registration::~Registration() {
  const std::lock_guard lock(interrupter_.mutex_);
  std::erase(interrupter_.registrations_, this);
}

void UploadInterrupter::interrupt(const UploadToken& token) noexcept {
  const std::lock_guard lock(mutex_);
  for (const Registration* const registration : registrations_) {
    // Both ways: with SHUT_RD alone what goes on arriving could still be read.
    if (registration->token_ == token) shutdown(registration->socket_fd_, SHUT_RDWR);
  }
}

}  // namespace sluice
