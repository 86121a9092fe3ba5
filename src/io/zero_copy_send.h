// sendmsg(2) without a copy, as an awaitable.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <coroutine>
#include <cstdint>
#include <span>
#include <string_view>

#include "ring/operation.h"
#include "runtime/event.h"
#include "runtime/reactor.h"

namespace sluice {

// IORING_OP_SENDMSG_ZC (io_uring_enter(2)) has two completions: its result, and later that the
// kernel has let go of the bytes, which is when the peer has acknowledged them, or the connection
// is reset. Never waits for room (-EAGAIN). A failure may be all there is.
//
//   ZeroCopySend send(reactor, socket, head, bytes, flags);
//   while (!send.has_result()) co_await send.changed();
//   ...
//   while (!send.released()) co_await send.changed();
//
// `head` and `bytes` must stay as they are, and this where it is, until released(). One coroutine
// waits at a time.
class ZeroCopySend final : private Operation {
 public:
  ZeroCopySend(Reactor& reactor, int socket, std::string_view head, std::span<char> bytes,
               int flags) noexcept;

  bool has_result() const noexcept { return has_result_; }
  bool released() const noexcept { return !in_flight(); }

  // What sendmsg(2) would return, an error as a negative errno. REQUIRES: has_result().
  int result() const noexcept { return result_; }

  // Whether the kernel has copied after all, if it tells (Linux 6.2). REQUIRES: released().
  bool copied() const noexcept { return copied_; }

  // Resumes after a completion, or notify().
  Event::Awaiter changed() noexcept { return changed_.wait(); }
  void notify() noexcept { changed_.notify(); }

 private:
  void complete(Completion completion) noexcept override;

  Event changed_;
  std::array<iovec, 2> parts_;
  msghdr message_{};
  int result_ = 0;
  bool has_result_ = false;
  bool copied_ = false;
  bool usage_asked_ = false;
};

}  // namespace sluice
