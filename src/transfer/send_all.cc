#include "transfer/send_all.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

#include "runtime/yield.h"

namespace sluice {

namespace {

// A peer that is fast enough never to be waited for lets others go after so many bytes.
constexpr size_t kTurnBytes = 1024 * 1024;

iovec part_of(std::string_view bytes) noexcept {
  return {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
}

}  // namespace

Task<Result<void>> send_all(TransferContext& context, Readiness& sink, std::string_view bytes,
                            int flags) noexcept {
  return send_both(context, sink, bytes, {}, flags);
}

Task<Result<void>> send_both(TransferContext& context, Readiness& sink, std::string_view first,
                             std::string_view second, int flags) noexcept {
  DirectCalls& direct = context.reactor.ring().direct();
  size_t turn_bytes = 0;
  while (!first.empty() || !second.empty()) {
    iovec parts[] = {part_of(first), part_of(second)};
    const bool both = !first.empty() && !second.empty();
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    const ssize_t result = both ? direct.send_message(sink.fd(), message, flags)
                                : direct.send(sink.fd(), first.empty() ? second : first, flags);
    Result<void> goes_on;
    if (result >= 0) {
      const auto sent = static_cast<size_t>(result);
      const size_t of_first = std::min(sent, first.size());
      first.remove_prefix(of_first);
      second.remove_prefix(sent - of_first);
      turn_bytes += sent;
      if (turn_bytes < kTurnBytes || (first.empty() && second.empty())) continue;
      Yield yield(context.reactor);
      co_await yield;
      goes_on = sink.check();
    } else if (result == -EAGAIN) {
      Task<Result<Readiness::Wake>> waiting = sink.wait(POLLOUT);
      if (const auto ready = co_await waiting; !ready) goes_on = std::unexpected(ready.error());
    } else {
      goes_on = std::unexpected(sink.error(static_cast<int>(-result), "send"));
    }
    if (!goes_on) co_return goes_on;
    turn_bytes = 0;
  }
  co_return Result<void>();
}

}  // namespace sluice
