#include "transfer/mapped_route.h"

#include <cerrno>

#include "transfer/mapped_file.h"
#include "transfer/send_with_head.h"

namespace sluice {

Task<Result<RouteEnd>> send_by_mapping(OutgoingFile& file) noexcept {
  MappedFile mapped(file);
  while (!file.done()) {
    if (!mapped.reaches_next() && !mapped.map_next()) co_return RouteEnd::kNoMapping;
    if (!mapped.next_is_resident()) {
      Task<Result<void>> populating = mapped.make_next_resident();
      const Result<void> populated = co_await populating;
      if (!populated) co_return std::unexpected(populated.error());
    }
    const std::span<char> part = mapped.next();
    const size_t wanted = file.head.size() + part.size();
    const ssize_t sent = send_with_head(file, part);
    if (sent == -EFAULT) co_return std::unexpected(mapped.fault());
    if (sent < 0 && sent != -EAGAIN) {
      co_return std::unexpected(file.sink.error(static_cast<int>(-sent), "sendmsg"));
    }
    if (sent > 0) file.sent(static_cast<size_t>(sent), Route::kMapped);
    if (file.done()) break;
    file.in_parts = true;
    const bool full = sent < static_cast<ssize_t>(wanted);
    if (!full && !file.turn_is_over()) continue;
    Task<Result<void>> waiting = full ? wait_for_room(file) : yield_turn(file);
    if (const Result<void> waited = co_await waiting; !waited) {
      co_return std::unexpected(waited.error());
    }
  }
  co_return RouteEnd::kDone;
}

}  // namespace sluice
