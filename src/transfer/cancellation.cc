#include <utility>

#include <sluice/transfer.h>

namespace sluice {

void Cancellation::cancel() noexcept {
  cancelled_ = true;
  while (first_ != nullptr) {
    Waiter& waiter = *first_;
    remove(waiter);
    waiter.cancelled();
  }
}

void Cancellation::add(Waiter& waiter) noexcept {
  waiter.next_ = std::exchange(first_, &waiter);
  waiter.link_ = &first_;
  if (waiter.next_ != nullptr) waiter.next_->link_ = &waiter.next_;
}

void Cancellation::remove(Waiter& waiter) noexcept {
  if (waiter.link_ == nullptr) return;
  *waiter.link_ = waiter.next_;
  if (waiter.next_ != nullptr) waiter.next_->link_ = waiter.link_;
  waiter.next_ = nullptr;
  waiter.link_ = nullptr;
}

}  // namespace sluice
