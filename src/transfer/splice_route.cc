#include "transfer/splice_route.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "io/operations.h"

namespace sluice {

namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr Error kFileChanged{ErrorCode::kChanged, 0, "splice"};

// A response on its way. The bytes of `head` and `left` are what the socket has not taken yet; what
// a pipe holds may be thrown away at any time, since the file still has it.
struct SplicedFile {
  TransferContext& context;
  Readiness& sink;
  std::string_view head;
  FileRange left;
  bool more_follows = false;  // after the range; the socket may wait for it
  bool in_parts = false;      // true exactly when one move was not enough

  bool done() const noexcept { return left.length_bytes == 0; }
};

// As much as surely fits: a pipe holds pages, and the first one may be used in part only.
uint32_t next_chunk(const FileRange& left, const Pipe& pipe) noexcept {
  const uint64_t room = pipe.capacity_bytes - left.offset_bytes % kPageBytes;
  return static_cast<uint32_t>(std::min(left.length_bytes, room));
}

// Pages of a file that is cut off lose their content also where a pipe or a socket refers to them,
// so a file that takes a while is looked at again between its parts.
bool still_whole(const SplicedFile& file) noexcept {
  struct statx answer;
  return statx(file.left.fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_SIZE, &answer) == 0 &&
         answer.stx_size >= file.left.offset_bytes + file.left.length_bytes;
}

// Each of these notes what a splice or a part of a chain did. A full socket (-EAGAIN) is no error:
// it took nothing.

Result<void> note_head(SplicedFile& file, int result) noexcept {
  if (result == -EAGAIN) return {};
  if (result < 0) return std::unexpected(file.sink.error(-result, "send"));
  file.head.remove_prefix(static_cast<size_t>(result));
  return {};
}

Result<void> note_fill(Pipe& pipe, int result) noexcept {
  if (result < 0) return std::unexpected(error_from_errno(-result, "splice"));
  // The file ends before the length that the head promised.
  if (result == 0) return std::unexpected(kFileChanged);
  pipe.bytes_inside = static_cast<uint32_t>(result);
  return {};
}

Result<void> note_drain(SplicedFile& file, Pipe& pipe, int result) noexcept {
  if (result == -EAGAIN) return {};
  if (result <= 0) {
    return std::unexpected(file.sink.error(result == 0 ? EPIPE : -result, "splice"));
  }
  pipe.bytes_inside -= static_cast<uint32_t>(result);
  file.left.offset_bytes += static_cast<uint64_t>(result);
  file.left.length_bytes -= static_cast<uint64_t>(result);
  return {};
}

enum class Room : uint8_t { kLeft, kNone };

// Head, if there still is one, and a chunk: into the empty pipe and on to the socket.
Task<Result<Room>> move_chunk(SplicedFile& file, Pipe& pipe) noexcept {
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
  Result<void> noted;
  Room room = Room::kNone;
  if (chain.part() == SpliceThrough::kHead) {
    noted = note_head(file, result);
  } else {
    file.head = {};
    if (chain.part() == SpliceThrough::kFill) {
      noted = note_fill(pipe, result);
      room = Room::kLeft;
    } else {
      pipe.bytes_inside = chunk;
      noted = note_drain(file, pipe, result);
      if (pipe.bytes_inside == 0) room = Room::kLeft;
    }
  }
  if (!noted) co_return std::unexpected(noted.error());
  co_return room;
}

// What is left in the pipe: on to the socket.
Task<Result<Room>> move_rest(SplicedFile& file, Pipe& pipe) noexcept {
  const bool last = pipe.bytes_inside == file.left.length_bytes && !file.more_follows;
  const unsigned more = last ? 0 : SPLICE_F_MORE;
  Splice drain(file.context.reactor, pipe.read_end.get(), Splice::kNoOffset, file.sink.fd(),
               pipe.bytes_inside, more);
  const int result = co_await drain;
  const Result<void> noted = note_drain(file, pipe, result);
  if (!noted) co_return std::unexpected(noted.error());
  co_return pipe.bytes_inside == 0 ? Room::kLeft : Room::kNone;
}

// Moves chunks until the file is done or the pipe was given back: because others wait for it, or
// because the peer had stalled, and takes bytes again now.
Task<Result<void>> pump(SplicedFile& file, PipePool::Lease& lease) noexcept {
  PipePool& pipes = file.context.pipes;
  Pipe& pipe = *lease;
  while (true) {
    // It may have passed while room or a pipe was waited for, and arming it anew forgets that.
    if (const Result<void> checked = file.sink.check(); !checked) co_return checked;
    Task<Result<Room>> moving =
        pipe.bytes_inside == 0 ? move_chunk(file, pipe) : move_rest(file, pipe);
    const Result<Room> room = co_await moving;
    if (!room) co_return std::unexpected(room.error());
    if (file.done() && !file.in_parts) break;
    file.in_parts = true;
    if (!still_whole(file)) co_return std::unexpected(kFileChanged);
    if (file.done()) break;
    if (*room == Room::kLeft) {
      if (pipe.bytes_inside > 0 || !pipes.wanted()) continue;
      break;
    }

    // A pipe with bytes in it waits with the socket for a moment, not for as long as a peer
    // pleases.
    const bool patient = pipe.bytes_inside > 0 && !pipes.scarce();
    const uint64_t patience_ms = patient ? file.context.limits.stalled_pipe_ms : 0;
    Task<Result<Readiness::Wake>> waiting = file.sink.wait(POLLOUT, patience_ms);
    const Result<Readiness::Wake> wake = co_await waiting;
    if (!wake) co_return std::unexpected(wake.error());
    const bool in_time = *wake == Readiness::Wake::kReady;
    if (!in_time) {
      lease.release();
      Task<Result<Readiness::Wake>> longer = file.sink.wait(POLLOUT);
      const Result<Readiness::Wake> ready = co_await longer;
      if (!ready) co_return std::unexpected(ready.error());
    }
    if (!still_whole(file)) co_return std::unexpected(kFileChanged);
    if (!in_time) break;
  }
  co_return Result<void>();
}

}  // namespace

Task<Result<void>> splice_file(TransferContext& context, Readiness& sink, std::string_view head,
                               FileRange range, bool more_follows) noexcept {
  SplicedFile file{context, sink, head, range, more_follows};
  while (!file.done()) {
    PipePool::Acquire acquire(context.pipes, context.limits.send_progress_timeout_ms);
    PipePool::Lease pipe = co_await acquire;
    if (!pipe) co_return std::unexpected(Error{ErrorCode::kExhausted, 0, "pipe"});
    Task<Result<void>> pumping = pump(file, pipe);
    const Result<void> pumped = co_await pumping;
    if (!pumped) co_return pumped;
  }
  co_return Result<void>();
}

}  // namespace sluice
