#include "transfer/ring_splice_route.h"

#include <fcntl.h>

#include <cerrno>

#include "io/operations.h"
#include "transfer/leased_pipe.h"

namespace sluice {

namespace {

// What a chain, or the end of one, has come to: what the socket took last, or a negative errno.
// -EAGAIN for a full socket.
struct Step {
  ssize_t result;
  bool of_file;  // the file's doing, and not the socket's
};

// Head, if there still is one, and a chunk: into the empty pipe and on to the socket.
Task<Step> move_chunk(OutgoingFile& file, Pipe& pipe) noexcept {
  const uint32_t chunk = next_chunk(file.left, pipe);
  SpliceThrough chain(file.context.reactor,
                      {.file = file.left.fd,
                       .file_offset = file.left.offset_bytes,
                       .pipe_write_end = pipe.write_end.get(),
                       .pipe_read_end = pipe.read_end.get(),
                       .socket = file.sink.fd(),
                       .bytes = chunk,
                       .head = file.head,
                       .more = file.more_follows || chunk < file.left.length_bytes});
  const int result = co_await chain;
  if (chain.part() == SpliceThrough::kHead) {
    if (result > 0) file.sent(static_cast<size_t>(result), Route::kRingSplice);
    co_return Step{result, false};
  }
  file.sent(file.head.size(), Route::kRingSplice);
  if (chain.part() == SpliceThrough::kFill) co_return Step{result, true};
  pipe.bytes_inside = chunk;
  if (result > 0) note_drain(file, pipe, static_cast<size_t>(result), Route::kRingSplice);
  co_return Step{result, false};
}

// What is left in the pipe: on to the socket.
Task<Step> move_rest(OutgoingFile& file, Pipe& pipe) noexcept {
  Splice drain(file.context.reactor, pipe.read_end.get(), Splice::kNoOffset, file.sink.fd(),
               pipe.bytes_inside, more_behind(file, pipe) ? SPLICE_F_MORE : 0);
  const int result = co_await drain;
  if (result > 0) note_drain(file, pipe, static_cast<size_t>(result), Route::kRingSplice);
  co_return Step{result, false};
}

// What a step means for the transfer; a full socket is no error, nor is an interrupted worker.
Result<RouteEnd> judge(const OutgoingFile& file, Pipe& pipe, Step step) noexcept {
  if (step.result == -EINTR) return RouteEnd::kDone;
  if (refused(file, step.result)) return RouteEnd::kUnsuitable;
  if (step.of_file) {
    const Result<void> noted = note_fill(pipe, step.result);
    if (!noted) return std::unexpected(noted.error());
  } else if (step.result <= 0 && step.result != -EAGAIN) {
    const int error = step.result == 0 ? EPIPE : static_cast<int>(-step.result);
    return std::unexpected(file.sink.error(error, "splice"));
  }
  return RouteEnd::kDone;
}

}  // namespace

Task<Result<RouteEnd>> send_by_ring_splice(OutgoingFile& file) noexcept {
  PipePool::Lease lease;
  while (!file.done()) {
    if (!have_pipe(file, lease)) co_return RouteEnd::kNoPipe;
    Pipe& pipe = *lease;
    Task<Step> moving = pipe.bytes_inside == 0 ? move_chunk(file, pipe) : move_rest(file, pipe);
    const Step step = co_await moving;
    const Result<RouteEnd> judged = judge(file, pipe, step);
    if (!judged || *judged != RouteEnd::kDone) co_return judged;
    if (file.done()) break;
    // Each of its waits for the ring is a wait as any other.
    Result<void> goes_on = file.look_again();
    // A drain that fell short has met a full socket: trying again at once would not help.
    const bool full = !step.of_file && pipe.bytes_inside > 0;
    if (goes_on && (full || step.result == -EAGAIN)) {
      Task<Result<void>> waiting = wait_with_pipe(file, lease);
      goes_on = co_await waiting;
    }
    if (!goes_on) co_return std::unexpected(goes_on.error());
  }
  co_return RouteEnd::kDone;
}

}  // namespace sluice
