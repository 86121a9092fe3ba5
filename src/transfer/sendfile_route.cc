#include "transfer/sendfile_route.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "io/populate.h"
#include "transfer/not_spliceable.h"

namespace sluice {

namespace {

// More than most sockets take at once.
constexpr uint64_t kPartBytes = 1024 * 1024;

// Where what is in the page cache ends, as far as that was asked; at most kPartBytes ahead. It is
// brought there if need be, which ends with look_again().
Task<Result<uint64_t>> find_resident_end(OutgoingFile& file) noexcept {
  Reactor& reactor = file.context.reactor;
  const FileRange& left = file.left;
  uint64_t bytes = std::min(left.length_bytes, kPartBytes);
  if (!file.next_is_resident(bytes)) {
    bytes = std::min(left.length_bytes, kPopulateBytes);
    Task<Result<uint64_t>> populating = populate(reactor, left.fd, left.offset_bytes, bytes);
    const Result<uint64_t> populated = co_await populating;
    if (!populated) co_return populated;
    if (const Result<void> looked = file.look_again(); !looked) {
      co_return std::unexpected(looked.error());
    }
    bytes = *populated;
    file.note_resident(bytes);
  }
  co_return left.offset_bytes + bytes;
}

// What the socket took of the head, or else of the file before `end`; or a negative errno.
ssize_t send_some(OutgoingFile& file, uint64_t end) noexcept {
  DirectCalls& direct = file.context.reactor.ring().direct();
  const FileRange& left = file.left;
  if (!file.head.empty()) return direct.send(file.sink.fd(), file.head, MSG_MORE);
  return direct.send_file(file.sink.fd(), left.fd, left.offset_bytes, end - left.offset_bytes);
}

// sendfile(2) does not say which of its ends has failed.
Error error_of(const OutgoingFile& file, ssize_t result) noexcept {
  const int error = static_cast<int>(-result);
  return error == EIO ? error_from_errno(error, "sendfile") : file.sink.error(error, "sendfile");
}

}  // namespace

Task<Result<RouteEnd>> send_by_sendfile(OutgoingFile& file) noexcept {
  uint64_t resident_end = 0;
  while (!file.done()) {
    if (resident_end <= file.left.offset_bytes) {
      Task<Result<uint64_t>> finding = find_resident_end(file);
      const Result<uint64_t> found = co_await finding;
      if (!found && found.error().code == ErrorCode::kUnsupported) {
        file.context.counters.fell_back(Fallback::kNotSpliceable);
        co_return RouteEnd::kUnsuitable;
      }
      if (!found) co_return std::unexpected(found.error());
      resident_end = *found;
    }
    const ssize_t sent = send_some(file, resident_end);
    if (sent > 0) file.sent(static_cast<size_t>(sent), Route::kSendfile);
    if (is_not_spliceable(sent)) {
      file.context.counters.fell_back(Fallback::kNotSpliceable);
      co_return RouteEnd::kUnsuitable;
    }

    Result<void> goes_on;
    if (sent == -EAGAIN) {
      Task<Result<void>> waiting = wait_for_room(file);
      goes_on = co_await waiting;
      resident_end = 0;  // it may have been a long wait
    } else if (sent == 0) {
      goes_on = std::unexpected(kFileChanged);
    } else if (sent < 0) {
      goes_on = std::unexpected(error_of(file, sent));
    } else if (file.turn_is_over() && !file.done()) {
      Task<Result<void>> yielding = yield_turn(file);
      goes_on = co_await yielding;
    }
    if (!goes_on) co_return std::unexpected(goes_on.error());
  }
  co_return RouteEnd::kDone;
}

}  // namespace sluice
