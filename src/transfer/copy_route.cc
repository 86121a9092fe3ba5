#include "transfer/copy_route.h"

#include <algorithm>
#include <cerrno>
#include <span>

#include "io/operations.h"
#include "transfer/send_with_head.h"

namespace sluice {

namespace {

constexpr size_t kBufferBytes = 32 * 1024;

// Nothing is awaited between what fills it and what empties it, so one does for all.
thread_local char shared_buffer[kBufferBytes];

enum class Step : uint8_t {
  kTookAll,
  kTookLess,  // the socket is full
  kCold,      // what comes next is not in the page cache
};

size_t next_bytes(const OutgoingFile& file) noexcept {
  return static_cast<size_t>(std::min<uint64_t>(file.left.length_bytes, kBufferBytes));
}

Result<Step> send_piece(OutgoingFile& file, std::span<char> piece) noexcept {
  const size_t wanted = file.head.size() + piece.size();
  const ssize_t sent = send_with_head(file, piece);
  if (sent == -EAGAIN) return Step::kTookLess;
  if (sent < 0) return std::unexpected(file.sink.error(static_cast<int>(-sent), "sendmsg"));
  file.sent(static_cast<size_t>(sent), Route::kCopy);
  return static_cast<size_t>(sent) == wanted ? Step::kTookAll : Step::kTookLess;
}

// What a read has said, passed on.
Result<Step> note_read(OutgoingFile& file, char* buffer, ssize_t bytes) noexcept {
  if (bytes < 0) {
    return std::unexpected(error_from_errno(static_cast<int>(-bytes), "read"));
  }
  if (bytes == 0) return std::unexpected(kFileChanged);
  return send_piece(file, {buffer, static_cast<size_t>(bytes)});
}

Result<Step> pass_cached_piece(OutgoingFile& file) noexcept {
  const ssize_t bytes = file.context.reactor.ring().direct().read_cached(
      file.left.fd, {shared_buffer, next_bytes(file)}, file.left.offset_bytes);
  // EOPNOTSUPP: this file system cannot tell; a worker may wait to find out.
  if (bytes == -EAGAIN || bytes == -EOPNOTSUPP) return Step::kCold;
  return note_read(file, shared_buffer, bytes);
}

Task<Result<Step>> pass_cold_piece(OutgoingFile& file) noexcept {
  char buffer[kBufferBytes];
  int bytes = -EINTR;
  while (bytes == -EINTR) {
    ReadOnWorker reading(file.context.reactor, file.left.fd, {buffer, next_bytes(file)},
                         file.left.offset_bytes);
    bytes = co_await reading;
    if (const Result<void> looked = file.look_again(); !looked) {
      co_return std::unexpected(looked.error());
    }
  }
  co_return note_read(file, buffer, bytes);
}

}  // namespace

Task<Result<RouteEnd>> send_by_copy(OutgoingFile& file) noexcept {
  while (!file.done()) {
    Result<Step> step = pass_cached_piece(file);
    if (step && *step == Step::kCold) {
      Task<Result<Step>> passing = pass_cold_piece(file);
      step = co_await passing;
    }
    if (!step) co_return std::unexpected(step.error());
    if (file.done()) break;
    file.in_parts = true;
    const bool full = *step == Step::kTookLess;
    if (!full && !file.turn_is_over()) continue;
    Task<Result<void>> waiting = full ? wait_for_room(file) : yield_turn(file);
    if (const Result<void> waited = co_await waiting; !waited) {
      co_return std::unexpected(waited.error());
    }
  }
  co_return RouteEnd::kDone;
}

}  // namespace sluice
