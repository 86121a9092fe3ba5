#include "transfer/send_all.h"

#include <poll.h>

#include <cerrno>

namespace sluice {

Task<Result<void>> send_all(TransferContext& context, Readiness& sink, std::string_view bytes,
                            int flags) noexcept {
  while (!bytes.empty()) {
    const ssize_t sent = context.reactor.ring().direct().send(sink.fd(), bytes, flags);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
      continue;
    }
    if (sent != -EAGAIN) co_return std::unexpected(sink.error(static_cast<int>(-sent), "send"));
    Task<Result<Readiness::Wake>> waiting = sink.wait(POLLOUT);
    if (const auto ready = co_await waiting; !ready) co_return std::unexpected(ready.error());
  }
  co_return Result<void>();
}

}  // namespace sluice
