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
  wake();
}

void Mailbox::wake() noexcept {
  // Cannot fail: the counter would have to hold 2^64 - 1 of these.
  eventfd_write(event_.get(), 1);
}

void Mailbox::deliver(Delivery& delivery) noexcept {
  Delivery* latest = delivered_.load(std::memory_order_relaxed);
  do {
    delivery.next_delivery = latest;
  } while (!delivered_.compare_exchange_weak(latest, &delivery, std::memory_order_release,
                                             std::memory_order_relaxed));
  if (latest == nullptr) wake();
}

void Mailbox::take_deliveries(Reactor& reactor) noexcept {
  Delivery* delivery = delivered_.exchange(nullptr, std::memory_order_acquire);
  while (delivery != nullptr) {
    Delivery* const next = delivery->next_delivery;
    reactor.make_ready(*delivery);
    delivery = next;
  }
}

void Mailbox::acknowledge() noexcept {
  eventfd_t posts;
  eventfd_read(event_.get(), &posts);
}

}  // namespace sluice
