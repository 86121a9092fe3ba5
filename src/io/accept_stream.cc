#include "io/accept_stream.h"

#include <liburing.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "io/operations.h"

namespace sluice {

void AcceptStream::discard() noexcept {
  while (taken_ < queue_.size()) UniqueFd unwanted(queue_[taken_++]);
}

void AcceptStream::start(Amount amount) noexcept {
  if (in_flight()) {
    if (amount_ == Amount::kStream && amount == Amount::kOne) cancel();
    return;
  }
  cancel_requested_ = false;
  amount_ = amount;
  constexpr int kFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  io_uring_sqe& entry = reactor_.ring().prepare(*this);
  if (amount == Amount::kOne) {
    io_uring_prep_accept(&entry, listener_, nullptr, nullptr, kFlags);
  } else {
    io_uring_prep_multishot_accept(&entry, listener_, nullptr, nullptr, kFlags);
  }
}

void AcceptStream::cancel() noexcept {
  if (!in_flight() || cancel_requested_) return;
  cancel_requested_ = true;
  request_cancel(reactor_, *this);
}

void AcceptStream::complete(Completion completion) noexcept {
  if (completion.result >= 0) {
    queue_.push_back(completion.result);
    if (queue_.size() - taken_ >= kPauseAt) cancel();
  } else if (completion.result != -ECANCELED) {
    error_ = -completion.result;
  }
  changed_.notify();
}

Result<UniqueFd> AcceptStream::take() noexcept {
  SLUICE_ASSERT(ready());
  if (taken_ == queue_.size()) {
    return std::unexpected(error_from_errno(std::exchange(error_, 0), "accept"));
  }
  UniqueFd socket(queue_[taken_++]);
  if (taken_ == queue_.size()) {
    queue_.clear();
    taken_ = 0;
  }
  return socket;
}

}  // namespace sluice
