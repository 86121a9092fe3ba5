#include "transfer/splice_route.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

#include "io/operations.h"
#include "transfer/leased_pipe.h"

namespace sluice {

namespace {

DirectCalls& direct(const OutgoingFile& file) noexcept {
  return file.context.reactor.ring().direct();
}

// A chunk of the file into the empty pipe; -EAGAIN where that would wait for a disk.
ssize_t fill_at_once(OutgoingFile& file, const Pipe& pipe) noexcept {
  const FileRange& left = file.left;
  const uint32_t chunk = next_chunk(left, pipe);
  if (!file.next_is_resident(chunk)) return -EAGAIN;
  return direct(file).splice(left.fd, static_cast<int64_t>(left.offset_bytes), pipe.write_end.get(),
                             DirectCalls::kNoOffset, chunk, 0);
}

// The same, waiting for the disk.
Task<ssize_t> fill_by_ring(OutgoingFile& file, const Pipe& pipe) noexcept {
  const FileRange& left = file.left;
  int filled;
  do {
    Splice fill(file.context.reactor, left.fd, static_cast<int64_t>(left.offset_bytes),
                pipe.write_end.get(), next_chunk(left, pipe), 0);
    filled = co_await fill;
  } while (filled == -EINTR);
  co_return filled;
}

// What the socket took of the head, and of what is in the pipe, or a negative errno.
ssize_t drain(OutgoingFile& file, Pipe& pipe) noexcept {
  if (!file.head.empty()) {
    const ssize_t sent = direct(file).send(file.sink.fd(), file.head, MSG_MORE);
    if (sent < 0) return sent;
    file.sent(static_cast<size_t>(sent), Route::kSplice);
    if (!file.head.empty()) return sent;
  }
  const unsigned more = more_behind(file, pipe) ? SPLICE_F_MORE : 0;
  const ssize_t drained =
      direct(file).splice(pipe.read_end.get(), DirectCalls::kNoOffset, file.sink.fd(),
                          DirectCalls::kNoOffset, pipe.bytes_inside, more);
  if (drained > 0) note_drain(file, pipe, static_cast<size_t>(drained), Route::kSplice);
  return drained == 0 ? -EPIPE : drained;
}

// Moves a chunk, or what is left of one, as far as the socket takes it.
Task<Result<RouteEnd>> move_chunk(OutgoingFile& file, PipePool::Lease& lease) noexcept {
  Pipe& pipe = *lease;
  if (pipe.bytes_inside == 0) {
    ssize_t filled = fill_at_once(file, pipe);
    const bool cold = filled == -EAGAIN;
    if (cold) {
      Task<ssize_t> filling = fill_by_ring(file, pipe);
      filled = co_await filling;
    }
    if (refused(file, filled)) co_return RouteEnd::kUnsuitable;
    Result<void> noted = note_fill(pipe, filled);
    if (noted && cold) noted = file.look_again();
    if (!noted) co_return std::unexpected(noted.error());
  }

  const ssize_t drained = drain(file, pipe);
  if (refused(file, drained)) co_return RouteEnd::kUnsuitable;
  Result<void> goes_on;
  if (drained == -EAGAIN) {
    Task<Result<void>> waiting = wait_with_pipe(file, lease);
    goes_on = co_await waiting;
  } else if (drained < 0) {
    goes_on = std::unexpected(file.sink.error(static_cast<int>(-drained), "splice"));
  } else if (file.turn_is_over() && !file.done()) {
    Task<Result<void>> yielding = yield_turn(file);
    goes_on = co_await yielding;
  }
  if (!goes_on) co_return std::unexpected(goes_on.error());
  co_return RouteEnd::kDone;
}

}  // namespace

Task<Result<RouteEnd>> send_by_splice(OutgoingFile& file) noexcept {
  PipePool::Lease lease;
  while (!file.done()) {
    if (!have_pipe(file, lease)) co_return RouteEnd::kNoPipe;
    Task<Result<RouteEnd>> moving = move_chunk(file, lease);
    const Result<RouteEnd> moved = co_await moving;
    if (!moved || *moved != RouteEnd::kDone) co_return moved;
  }
  co_return RouteEnd::kDone;
}

}  // namespace sluice
