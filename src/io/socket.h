// A connected stream socket: what arrives, what is sent, and by when.
#pragma once

#include <cstdint>
#include <string_view>

#include <sluice/error.h>
#include <sluice/unique_fd.h>

#include "io/deadline.h"
#include "io/recv_stream.h"
#include "runtime/task.h"

namespace sluice {

class Socket {
 public:
  // `socket` must be non-blocking.
  Socket(Reactor& reactor, UniqueFd socket) noexcept
      : fd_(std::move(socket)),
        reactor_(reactor),
        deadline_(reactor, fd_.get()),
        incoming_(reactor, fd_.get()) {}

  int fd() const noexcept { return fd_.get(); }
  Reactor& reactor() noexcept { return reactor_; }
  Deadline& deadline() noexcept { return deadline_; }
  RecvStream& incoming() noexcept { return incoming_; }

  // The error of an operation that ended with `system_errno`: a passed deadline comes first.
  Error error(int system_errno, const char* operation) const noexcept;

  // shutdown(2) of both directions: whoever waits for this socket is resumed. Idempotent.
  void abort() noexcept;

  // As abort(), but the peer sees a reset rather than an orderly end, so that a body which was cut
  // short cannot be taken for a whole one.
  void reset() noexcept;

  // Waits until the kernel holds nothing of this socket. REQUIRES: abort() or reset() was called.
  Task<void> join() noexcept;

 private:
  UniqueFd fd_;
  Reactor& reactor_;
  Deadline deadline_;
  RecvStream incoming_;
};

}  // namespace sluice
