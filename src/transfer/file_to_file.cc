#include "transfer/file_to_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>

#include "io/file_operations.h"
#include "io/operations.h"
#include "transfer/copy_pump.h"
#include "transfer/not_spliceable.h"
#include "transfer/transfer_bounds.h"

namespace sluice {

namespace {

// What is left to do.
struct FileCopy {
  TransferContext& context;
  Progress progress;
  int from;
  uint64_t from_offset;
  int to;
  uint64_t to_offset;
  uint64_t left;  // or kToTheEnd
  Route& route;
  uint64_t moved = 0;
  // True exactly when copy_file_range(2) has found nothing: some files say that they are empty
  // (proc(5)), so only a read tells.
  bool in_doubt = false;
  std::unique_ptr<char[]> buffer = nullptr;

  uint64_t next_bytes(uint64_t most) const noexcept { return std::min(left, most); }

  void wrote(uint64_t bytes) noexcept {
    moved += bytes;
    from_offset += bytes;
    to_offset += bytes;
    if (left != kToTheEnd) left -= bytes;
    context.counters.of(route).bytes.add(bytes);
    if (route == Route::kCopy) context.counters.copied_body_bytes.add(bytes);
  }
  void fall_back(Route next, Fallback reason) noexcept {
    context.counters.fell_back(reason);
    route = next;
  }
  std::unexpected<TransferError> failed(Error error, TransferEnd end) const noexcept {
    return std::unexpected(TransferError{error, end, moved});
  }
};

// Whether the copy goes on.
enum class Step : uint8_t { kOn, kAtEnd };
using StepResult = std::expected<Step, TransferError>;

// Of a system call that is about both files.
TransferEnd end_of(int system_errno) noexcept {
  switch (system_errno) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EROFS:
    case EPERM:
    case ETXTBSY:
      return TransferEnd::kSink;
    default:
      return TransferEnd::kSource;
  }
}

ssize_t copy_range(const FileCopy& copy, uint64_t bytes) noexcept {
  auto from = static_cast<off_t>(copy.from_offset);
  auto to = static_cast<off_t>(copy.to_offset);
  ssize_t moved;
  do {
    moved = copy_file_range(copy.from, &from, copy.to, &to, bytes, 0);
  } while (moved < 0 && errno == EINTR);
  return moved < 0 ? -errno : moved;
}

Task<StepResult> step_by_range(FileCopy& copy) noexcept {
  ssize_t moved = 0;
  Offload copying(copy.context.workers, [&](const std::stop_token&) {
    moved = copy_range(copy, copy.next_bytes(kCopyPieceBytes));
  });
  if (!co_await copying) {
    copy.fall_back(Route::kRingSplice, Fallback::kNoWorker);
  } else if (moved == 0) {
    copy.in_doubt = true;
    copy.route = Route::kCopy;
  } else if (is_not_spliceable(moved)) {
    copy.fall_back(Route::kRingSplice, Fallback::kNotSpliceable);
  } else if (moved < 0) {
    const int reason = static_cast<int>(-moved);
    co_return copy.failed(error_from_errno(reason, "copy_file_range"), end_of(reason));
  } else {
    copy.wrote(static_cast<uint64_t>(moved));
  }
  co_return Step::kOn;
}

// What the pipe holds, into the file.
Task<StepResult> empty_pipe(FileCopy& copy, Pipe& pipe) noexcept {
  while (pipe.bytes_inside > 0) {
    SpliceInto draining(copy.context.reactor, pipe.read_end.get(), copy.to, copy.to_offset,
                        pipe.bytes_inside);
    const int moved = co_await draining;
    if (moved == -EINTR) continue;
    if (is_not_spliceable(moved)) {
      copy.fall_back(Route::kCopy, Fallback::kNotSpliceable);
      co_return Step::kOn;
    }
    if (moved <= 0) {
      co_return copy.failed(error_from_errno(moved == 0 ? EIO : -moved, "splice"),
                            TransferEnd::kSink);
    }
    pipe.bytes_inside -= static_cast<uint32_t>(moved);
    copy.wrote(static_cast<uint64_t>(moved));
  }
  co_return Step::kOn;
}

// The next part into the empty pipe: at once what is in the page cache, on the ring the rest.
Task<ssize_t> fill_pipe(FileCopy& copy, const Pipe& pipe) noexcept {
  const uint64_t bytes = copy.next_bytes(pipe.capacity_bytes);
  const auto offset = static_cast<int64_t>(copy.from_offset);
  DirectCalls& direct = copy.context.reactor.ring().direct();
  if (copy.route == Route::kSplice && direct.cached(copy.from, copy.from_offset, bytes) == 1) {
    const ssize_t filled =
        direct.splice(copy.from, offset, pipe.write_end.get(), DirectCalls::kNoOffset, bytes, 0);
    if (filled != -EAGAIN) co_return filled;
  }
  Splice filling(copy.context.reactor, copy.from, offset, pipe.write_end.get(),
                 static_cast<uint32_t>(bytes), 0);
  co_return co_await filling;
}

Task<StepResult> step_by_splice(FileCopy& copy, PipePool::Lease& lease) noexcept {
  if (!lease) lease = copy.context.pipes.try_acquire();
  if (!lease) {
    copy.fall_back(Route::kCopy, Fallback::kNoPipe);
    co_return Step::kOn;
  }
  Pipe& pipe = *lease;
  Task<ssize_t> filling = fill_pipe(copy, pipe);
  const ssize_t filled = co_await filling;
  if (filled == -EINTR) co_return Step::kOn;
  if (is_not_spliceable(filled)) {
    copy.fall_back(Route::kCopy, Fallback::kNotSpliceable);
    co_return Step::kOn;
  }
  if (filled < 0) {
    co_return copy.failed(error_from_errno(static_cast<int>(-filled), "splice"),
                          TransferEnd::kSource);
  }
  if (filled == 0) co_return Step::kAtEnd;
  pipe.bytes_inside = static_cast<uint32_t>(filled);
  Task<StepResult> emptying = empty_pipe(copy, pipe);
  co_return co_await emptying;
}

Task<StepResult> step_by_copy(FileCopy& copy) noexcept {
  if (!copy.buffer) copy.buffer.reset(new (std::nothrow) char[kCopyBufferBytes]);
  if (!copy.buffer) {
    co_return copy.failed(error_from_errno(ENOMEM, "new"), TransferEnd::kNeither);
  }
  const std::span<char> buffer(copy.buffer.get(), copy.next_bytes(kCopyBufferBytes));
  ReadAt reading(copy.context.reactor, copy.from, buffer, copy.from_offset);
  const int arrived = co_await reading;
  if (arrived == -EINTR) co_return Step::kOn;
  if (arrived < 0) co_return copy.failed(error_from_errno(-arrived, "read"), TransferEnd::kSource);
  if (arrived == 0) co_return Step::kAtEnd;
  if (copy.in_doubt) copy.context.counters.fell_back(Fallback::kNotSpliceable);
  copy.in_doubt = false;
  std::span<const char> rest = buffer.first(static_cast<size_t>(arrived));
  while (!rest.empty()) {
    WriteAt writing(copy.context.reactor, copy.to, rest, copy.to_offset);
    const int written = co_await writing;
    if (written == -EINTR) continue;
    if (written <= 0) {
      co_return copy.failed(error_from_errno(written == 0 ? EIO : -written, "write"),
                            TransferEnd::kSink);
    }
    rest = rest.subspan(static_cast<size_t>(written));
    copy.wrote(static_cast<uint64_t>(written));
  }
  co_return Step::kOn;
}

bool overlap(uint64_t first, uint64_t second, uint64_t length) noexcept {
  const uint64_t apart = first < second ? second - first : first - second;
  return apart < length;
}

// Refuses what would go wrong on the way. Where both are one file the length is settled: its end
// moves away while it is written to.
StepResult look_at_ends(FileCopy& copy) noexcept {
  constexpr uint64_t kLastOffset = INT64_MAX;
  const Error invalid = error_from_errno(EINVAL, "transfer");
  if (copy.from_offset > kLastOffset) return copy.failed(invalid, TransferEnd::kSource);
  if (copy.to_offset > kLastOffset) return copy.failed(invalid, TransferEnd::kSink);
  struct stat source;
  struct stat sink;
  if (fstat(copy.from, &source) != 0) {
    return copy.failed(error_from_errno(errno, "fstat"), TransferEnd::kSource);
  }
  const int flags = fcntl(copy.to, F_GETFL);
  if (flags < 0 || fstat(copy.to, &sink) != 0) {
    return copy.failed(error_from_errno(errno, "fstat"), TransferEnd::kSink);
  }
  if ((flags & O_APPEND) != 0) return copy.failed(invalid, TransferEnd::kSink);
  if ((flags & O_ACCMODE) == O_RDONLY) {
    return copy.failed(error_from_errno(EBADF, "transfer"), TransferEnd::kSink);
  }
  if (source.st_dev != sink.st_dev || source.st_ino != sink.st_ino) return Step::kOn;
  const auto size = static_cast<uint64_t>(source.st_size);
  const uint64_t there = size - std::min(size, copy.from_offset);
  if (copy.left == kToTheEnd) copy.left = there;
  if (overlap(copy.from_offset, copy.to_offset, copy.left)) {
    return copy.failed(invalid, TransferEnd::kNeither);
  }
  return Step::kOn;
}

Task<StepResult> step(FileCopy& copy, PipePool::Lease& pipe) noexcept {
  if (copy.route == Route::kCopyFileRange) return step_by_range(copy);
  if (copy.route == Route::kCopy) return step_by_copy(copy);
  return step_by_splice(copy, pipe);
}

}  // namespace

Route route_between_files(Route wanted) noexcept {
  switch (wanted) {
    case Route::kCopy:
    case Route::kSplice:
    case Route::kRingSplice:
      return wanted;
    default:
      return Route::kCopyFileRange;
  }
}

Task<TransferResult> copy_file(TransferContext& context, int from, uint64_t from_offset, int to,
                               uint64_t to_offset, uint64_t length, Route& route,
                               const TransferOptions& options) noexcept {
  const TransferBounds bounds(context, options.deadline_ms, options.cancellation);
  FileCopy copy{.context = context,
                .progress = options.progress,
                .from = from,
                .from_offset = from_offset,
                .to = to,
                .to_offset = to_offset,
                .left = length,
                .route = route};
  StepResult went = look_at_ends(copy);
  PipePool::Lease pipe;
  while (went && *went == Step::kOn && copy.left > 0) {
    if (const Result<void> checked = bounds.check(); !checked) {
      co_return copy.failed(checked.error(), TransferEnd::kNeither);
    }
    const uint64_t before = copy.moved;
    Task<StepResult> stepping = step(copy, pipe);
    went = co_await stepping;
    if (copy.moved != before) copy.progress(copy.moved);
  }
  if (!went) co_return std::unexpected(went.error());
  if (*went == Step::kAtEnd && copy.left != kToTheEnd) {
    co_return copy.failed({ErrorCode::kChanged, 0, "transfer"}, TransferEnd::kSource);
  }
  co_return copy.moved;
}

}  // namespace sluice
