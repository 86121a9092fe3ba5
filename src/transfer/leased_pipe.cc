#include "transfer/leased_pipe.h"

#include <poll.h>

#include "base/page_size.h"
#include "transfer/not_spliceable.h"

namespace sluice {

bool have_pipe(OutgoingFile& file, PipePool::Lease& lease) noexcept {
  if (!lease) lease = file.context.pipes.try_acquire();
  if (!lease) file.context.counters.fell_back(Fallback::kNoPipe);
  return static_cast<bool>(lease);
}

bool refused(const OutgoingFile& file, ssize_t result) noexcept {
  if (!is_not_spliceable(result)) return false;
  file.context.counters.fell_back(Fallback::kNotSpliceable);
  return true;
}

uint32_t next_chunk(const FileRange& left, const Pipe& pipe) noexcept {
  const uint64_t room = pipe.capacity_bytes - left.offset_bytes % page_bytes();
  return static_cast<uint32_t>(std::min(left.length_bytes, room));
}

Result<void> note_fill(Pipe& pipe, ssize_t result) noexcept {
  if (result < 0) return std::unexpected(error_from_errno(static_cast<int>(-result), "splice"));
  if (result == 0) return std::unexpected(kFileChanged);
  pipe.bytes_inside = static_cast<uint32_t>(result);
  return {};
}

void note_drain(OutgoingFile& file, Pipe& pipe, size_t bytes, Route route) noexcept {
  pipe.bytes_inside -= static_cast<uint32_t>(bytes);
  file.sent(bytes, route);
}

bool more_behind(const OutgoingFile& file, const Pipe& pipe) noexcept {
  return file.more_follows || pipe.bytes_inside < file.left.length_bytes;
}

Task<Result<void>> wait_with_pipe(OutgoingFile& file, PipePool::Lease& lease) noexcept {
  const bool patient = (*lease).bytes_inside > 0 && !file.context.pipes.scarce();
  const uint64_t patience_ms = patient ? file.context.limits.stalled_pipe_ms : 0;
  Task<Result<Readiness::Wake>> waiting = file.sink.wait(POLLOUT, patience_ms);
  Result<Readiness::Wake> wake = co_await waiting;
  if (wake && *wake == Readiness::Wake::kImpatient) {
    lease.release();
    Task<Result<Readiness::Wake>> longer = file.sink.wait(POLLOUT);
    wake = co_await longer;
  }
  if (!wake) co_return std::unexpected(wake.error());
  co_return file.look_again();
}

}  // namespace sluice
