// A message of which less is sent than somebody wants.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace sluice::sim {

class ShorterMessage {
 public:
  explicit ShorterMessage(const msghdr& message)
      : parts_(message.msg_iov, message.msg_iov + message.msg_iovlen), message_(message) {
    message_.msg_iov = parts_.data();
  }
  ShorterMessage(const ShorterMessage&) = delete;
  ShorterMessage& operator=(const ShorterMessage&) = delete;

  const msghdr* get() const noexcept { return &message_; }

  uint32_t bytes() const noexcept {
    size_t bytes = 0;
    for (const iovec& part : parts_) bytes += part.iov_len;
    return static_cast<uint32_t>(bytes);
  }

  // Leaves its first `bytes`.
  void cut(size_t bytes) noexcept {
    for (iovec& part : parts_) {
      part.iov_len = std::min(part.iov_len, bytes);
      bytes -= part.iov_len;
    }
  }

 private:
  std::vector<iovec> parts_;
  msghdr message_;
};

}  // namespace sluice::sim
