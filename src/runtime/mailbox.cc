#include "runtime/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace sluice {

Mailbox::Mailbox() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw std::system_error(errno, std::system_category(), "eventfd");
}

void Mailbox::post(Order order) noexcept {
  order_.store(order, std::memory_order_release);
  // Cannot fail: the counter would have to hold 2^64 - 1 posts.
  eventfd_write(event_.get(), 1);
}

void Mailbox::acknowledge() noexcept {
  eventfd_t posts;
  eventfd_read(event_.get(), &posts);
}

}  // namespace sluice
