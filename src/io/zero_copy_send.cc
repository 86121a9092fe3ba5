#include "io/zero_copy_send.h"

#include <liburing.h>

#include <atomic>
#include <cerrno>

namespace sluice {

namespace {

// Linux before 6.2 does not know the flag. Threads share what the kernel can do.
std::atomic<bool> usage_refused = false;

}  // namespace

ZeroCopySend::ZeroCopySend(Reactor& reactor, int socket, std::string_view head,
                           std::span<char> bytes, int flags) noexcept
    : changed_(reactor),
      parts_{iovec{const_cast<char*>(head.data()), head.size()},
             iovec{bytes.data(), bytes.size()}} {
  const size_t first = head.empty() ? 1 : 0;
  message_.msg_iov = &parts_[first];
  message_.msg_iovlen = parts_.size() - first;
  io_uring_sqe& entry = reactor.ring().prepare(*this);
  io_uring_prep_sendmsg_zc(&entry, socket, &message_,
                           static_cast<unsigned>(flags | MSG_DONTWAIT | MSG_NOSIGNAL));
  usage_asked_ = !usage_refused.load(std::memory_order_relaxed);
  if (usage_asked_) entry.ioprio |= IORING_SEND_ZC_REPORT_USAGE;
}

void ZeroCopySend::complete(Completion completion) noexcept {
  if ((completion.flags & IORING_CQE_F_NOTIF) != 0) {
    copied_ = (static_cast<uint32_t>(completion.result) & IORING_NOTIF_USAGE_ZC_COPIED) != 0;
  } else {
    result_ = completion.result;
    has_result_ = true;
    if (result_ == -EINVAL && usage_asked_) {
      usage_refused.store(true, std::memory_order_relaxed);
      result_ = -EAGAIN;
    }
  }
  changed_.notify();
}

}  // namespace sluice
