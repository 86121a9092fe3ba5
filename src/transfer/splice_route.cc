#include "transfer/splice_route.h"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "io/operations.h"

namespace sluice {

namespace {

// A file on its way. The bytes before `offset` have been taken by the socket; what a pipe holds
// beyond that may be thrown away at any time, since the file still has it.
struct SplicedFile {
  TransferContext context;
  FileRange left;

  bool done() const noexcept { return left.length_bytes == 0; }
};

constexpr uint64_t kPageBytes = 4096;

// Notes what the socket took of what the pipe held; nothing when it was full.
Result<void> note_drain(SplicedFile& file, Pipe& pipe, int result) noexcept {
  if (result == -EAGAIN) return {};
  if (result <= 0) {
    return std::unexpected(file.context.socket.error(result == 0 ? EPIPE : -result, "splice"));
  }
  pipe.bytes_inside -= static_cast<uint32_t>(result);
  file.left.offset_bytes += static_cast<uint64_t>(result);
  file.left.length_bytes -= static_cast<uint64_t>(result);
  return {};
}

// As much as surely fits: a pipe holds pages, and the first one may be used in part only.
uint32_t next_chunk(const FileRange& left, const Pipe& pipe) noexcept {
  const uint64_t room = pipe.capacity_bytes - left.offset_bytes % kPageBytes;
  return static_cast<uint32_t>(std::min(left.length_bytes, room));
}

// Notes what the parts of a chain did for `pipe` and `file`.
Result<void> note_chain(SplicedFile& file, Pipe& pipe, uint32_t chunk, unsigned part,
                        int result) noexcept {
  const Socket& socket = file.context.socket;
  if (part == SpliceThrough::kHead) {
    return std::unexpected(socket.error(result < 0 ? -result : EPIPE, "send"));
  }
  if (part == SpliceThrough::kFill) {
    if (result < 0) return std::unexpected(error_from_errno(-result, "splice"));
    // The file ends before the length that the head promised.
    if (result == 0) return std::unexpected(Error{ErrorCode::kChanged, 0, "splice"});
    pipe.bytes_inside = static_cast<uint32_t>(result);
    return {};
  }
  pipe.bytes_inside = chunk;
  return note_drain(file, pipe, result);
}

// Moves chunks until the file is done (true), or the pipe was given back: because the peer has
// stalled, and takes bytes again now, or because others wait for it (false).
Task<Result<bool>> pump(SplicedFile& file, PipePool::Lease& lease, std::string_view head) noexcept {
  Socket& socket = file.context.socket;
  PipePool& pipes = file.context.pipes;
  Pipe& pipe = *lease;
  while (!file.done()) {
    socket.deadline().arm(file.context.limits.send_progress_timeout_ms);
    if (pipe.bytes_inside == 0) {
      const uint32_t chunk = next_chunk(file.left, pipe);
      SpliceThrough chain(socket.reactor(), {.file = file.left.fd,
                                             .file_offset = file.left.offset_bytes,
                                             .pipe_write_end = pipe.write_end.get(),
                                             .pipe_read_end = pipe.read_end.get(),
                                             .socket = socket.fd(),
                                             .bytes = chunk,
                                             .head = head,
                                             .more = chunk < file.left.length_bytes});
      const int result = co_await chain;
      const Result<void> noted = note_chain(file, pipe, chunk, chain.part(), result);
      if (!noted) co_return std::unexpected(noted.error());
      head = {};
      if (chain.part() == SpliceThrough::kFill) continue;
    } else {
      Splice drain(socket.reactor(), pipe.read_end.get(), Splice::kNoOffset, socket.fd(),
                   pipe.bytes_inside,
                   pipe.bytes_inside < file.left.length_bytes ? SPLICE_F_MORE : 0);
      const int result = co_await drain;
      const Result<void> noted = note_drain(file, pipe, result);
      if (!noted) co_return std::unexpected(noted.error());
    }
    if (file.done()) break;

    if (pipe.bytes_inside == 0) {
      if (!pipes.wanted()) continue;
      lease.release();
      co_return false;
    }
    // The socket is full. A pipe waits with it for a moment, not for as long as a peer pleases.
    Poll writable(socket.reactor(), socket.fd(), POLLOUT);
    const uint64_t patience_ms = pipes.scarce() ? 0 : file.context.limits.stalled_pipe_ms;
    const bool in_time = patience_ms > 0 && co_await writable.within(patience_ms);
    if (in_time) continue;
    lease.release();
    co_await writable;
    co_return false;
  }
  co_return true;
}

}  // namespace

Task<Result<void>> splice_file(TransferContext context, std::string_view head,
                               FileRange range) noexcept {
  SplicedFile file{context, range};
  while (true) {
    PipePool::Acquire acquire(context.pipes, context.limits.send_progress_timeout_ms);
    PipePool::Lease pipe = co_await acquire;
    if (!pipe) co_return std::unexpected(Error{ErrorCode::kExhausted, 0, "pipe"});
    Task<Result<bool>> pumping = pump(file, pipe, head);
    const Result<bool> finished = co_await pumping;
    if (!finished) co_return std::unexpected(finished.error());
    if (*finished) co_return Result<void>();
    head = {};
  }
}

}  // namespace sluice
