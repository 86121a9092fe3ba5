#include "transfer/outgoing_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>

#include "io/file_memory.h"
#include "runtime/yield.h"

namespace sluice {

namespace {

ResidencyNote& note_of(OutgoingFile& file) noexcept {
  return file.left.memory == nullptr ? file.residency : file.left.memory->residency;
}

}  // namespace

void OutgoingFile::sent(size_t bytes, Route route) noexcept {
  const size_t of_head = std::min(bytes, head.size());
  const uint64_t of_file = bytes - of_head;
  head.remove_prefix(of_head);
  left.offset_bytes += of_file;
  left.length_bytes -= of_file;
  turn_bytes += bytes;
  context.sent_bytes += of_file;
  if (left.memory != nullptr) left.memory->begun_at_bytes += of_file;
  context.counters.of(route).bytes.add(of_file);
  if (route == Route::kCopy) context.counters.copied_body_bytes.add(of_file);
}

bool OutgoingFile::next_is_resident(uint64_t bytes) noexcept {
  Reactor& reactor = context.reactor;
  if (note_of(*this).holds(left.offset_bytes, bytes, reactor.now_ms())) return true;
  if (left.offset_bytes == missing_at) return false;
  const int cached = reactor.ring().direct().cached(left.fd, left.offset_bytes, bytes);
  if (cached == 1) {
    note_resident(bytes);
    return true;
  }
  missing_at = left.offset_bytes;
  untold = cached < 0;
  return false;
}

void OutgoingFile::note_resident(uint64_t bytes) noexcept {
  note_of(*this).note(left.offset_bytes, bytes, context.reactor.now_ms());
}

bool OutgoingFile::still_whole() const noexcept {
  struct statx answer;
  return statx(left.fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_SIZE, &answer) == 0 &&
         answer.stx_size >= left.offset_bytes + left.length_bytes;
}

Result<void> OutgoingFile::look_again() noexcept {
  in_parts = true;
  turn_bytes = 0;
  missing_at = UINT64_MAX;
  if (const Result<void> checked = sink.check(); !checked) return checked;
  if (!still_whole()) return std::unexpected(kFileChanged);
  return {};
}

Task<Result<void>> wait_for_room(OutgoingFile& file) noexcept {
  Task<Result<Readiness::Wake>> waiting = file.sink.wait(POLLOUT);
  const Result<Readiness::Wake> ready = co_await waiting;
  if (!ready) co_return std::unexpected(ready.error());
  co_return file.look_again();
}

Task<Result<void>> yield_turn(OutgoingFile& file) noexcept {
  Yield yield(file.context.reactor);
  co_await yield;
  file.in_parts = true;
  file.turn_bytes = 0;
  co_return file.sink.check();
}

}  // namespace sluice
