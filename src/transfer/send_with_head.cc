#include "transfer/send_with_head.h"

#include <sys/socket.h>
#include <sys/uio.h>

namespace sluice {

ssize_t send_with_head(OutgoingFile& file, std::span<char> bytes) noexcept {
  iovec parts[2] = {{const_cast<char*>(file.head.data()), file.head.size()},
                    {bytes.data(), bytes.size()}};
  const size_t first = file.head.empty() ? 1 : 0;
  msghdr message{};
  message.msg_iov = &parts[first];
  message.msg_iovlen = 2 - first;
  const bool last = bytes.size() == file.left.length_bytes && !file.more_follows;
  return file.context.reactor.ring().direct().send_message(file.sink.fd(), message,
                                                           last ? 0 : MSG_MORE);
}

}  // namespace sluice
