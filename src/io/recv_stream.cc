#include "io/recv_stream.h"

#include <liburing.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <utility>

#include "io/operations.h"

namespace sluice {

ReceivedBytes& ReceivedBytes::operator=(ReceivedBytes&& other) noexcept {
  if (this == &other) return *this;
  reset();
  buffers_ = std::exchange(other.buffers_, nullptr);
  id_ = other.id_;
  length_ = other.length_;
  return *this;
}

void ReceivedBytes::reset() noexcept {
  if (buffers_ != nullptr) std::exchange(buffers_, nullptr)->recycle(id_);
}

bool RecvStream::has_arrived() const noexcept {
  int in_socket = 0;
  return holds_bytes() || (::ioctl(socket_, FIONREAD, &in_socket) == 0 && in_socket > 0);
}

void RecvStream::start() noexcept {
  SLUICE_ASSERT(!ready());
  if (in_flight()) return;
  cancel_requested_ = false;
  io_uring_sqe& entry = reactor_.ring().prepare(*this);
  io_uring_prep_recv_multishot(&entry, socket_, nullptr, 0, 0);
  entry.flags |= IOSQE_BUFFER_SELECT;
  entry.buf_group = ReceiveBuffers::kGroup;
}

void RecvStream::stop() noexcept {
  if (!in_flight() || cancel_requested_) return;
  cancel_requested_ = true;
  request_cancel(reactor_, *this);
}

void RecvStream::complete(Completion completion) noexcept {
  ReceiveBuffers& buffers = reactor_.ring().receive_buffers();
  if (completion.result > 0) {
    const uint16_t id = completion.buffer_id();
    buffers.link(id).length = static_cast<uint32_t>(completion.result);
    if (queued_++ == 0) {
      first_ = id;
    } else {
      buffers.link(last_).next = id;
    }
    last_ = id;
    if (queued_ >= kPauseAt) stop();
  } else {
    if (completion.has_buffer()) buffers.recycle(completion.buffer_id());
    if (completion.result == 0) {
      ending_ = Ending::kEnd;
    } else if (completion.result == -ENOBUFS) {
      ending_ = Ending::kNoBuffers;
    } else if (completion.result != -ECANCELED) {
      ending_ = Ending::kError;
      error_ = -completion.result;
    }
  }
  changed_.notify();
}

RecvStream::Item RecvStream::take() noexcept {
  SLUICE_ASSERT(ready());
  if (queued_ > 0) {
    ReceiveBuffers& buffers = reactor_.ring().receive_buffers();
    const uint16_t id = first_;
    first_ = buffers.link(id).next;
    --queued_;
    return {Arrival::kBytes, 0, ReceivedBytes(buffers, id, buffers.link(id).length)};
  }
  switch (std::exchange(ending_, Ending::kNone)) {
    case Ending::kEnd:
      return {Arrival::kEnd, 0, {}};
    case Ending::kNoBuffers:
      return {Arrival::kNoBuffers, 0, {}};
    default:
      return {Arrival::kError, error_, {}};
  }
}

void RecvStream::discard() noexcept {
  while (queued_ > 0) take();
}

}  // namespace sluice
