// Part of a file on its way to a socket, whatever the route.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <sluice/error.h>
#include <sluice/route.h>

#include "io/residency_note.h"
#include "runtime/task.h"
#include "transfer/body_source.h"
#include "transfer/readiness.h"
#include "transfer/transfer_context.h"

namespace sluice {

// What the socket has not taken yet. A route takes from it and says so by sent(), and may leave off
// wherever it stands: another one goes on from there.
struct OutgoingFile {
  TransferContext& context;
  Readiness& sink;
  std::string_view head;      // goes first, in one segment with the first bytes of the file
  FileRange left;             // may end as 0 bytes; `head` is empty by then
  bool more_follows = false;  // after the range, so that its end need not leave at once
  // True where what was sent may still have been referred to while the file changed: in parts, or
  // before a wait. Then the file is looked at once more at the end.
  bool in_parts = false;
  uint64_t turn_bytes = 0;    // sent since the last wait or yield
  ResidencyNote residency{};  // of a file without a memory
  // Where the next bytes begin, or began, of which not all were in the page cache, however many
  // they were. Nobody asks again until some are sent or time has passed.
  uint64_t missing_at = UINT64_MAX;
  bool untold = false;  // that was because the file system does not tell

  bool done() const noexcept { return left.length_bytes == 0; }

  // The socket has taken `bytes`, first of the head, then of the file; the file's are counted for
  // `route` (and, by kCopy, as copied).
  void sent(size_t bytes, Route route) noexcept;

  // True when a fast peer has had its share of this thread: see yield_turn().
  bool turn_is_over() const noexcept { return turn_bytes >= kTurnBytes; }
  static constexpr uint64_t kTurnBytes = 1024 * 1024;

  // Whether the next `bytes` can be sent without a wait for a disk. What was found lately is
  // trusted (io/residency_note.h), by other transfers too where the file has a memory.
  bool next_is_resident(uint64_t bytes) noexcept;
  // They have been brought into the page cache.
  void note_resident(uint64_t bytes) noexcept;

  // Whether the file is as long as the range needs. Pages of a file that is cut off lose their
  // content also where a pipe or a socket refers to them, so one that takes a while is looked at
  // again after each wait and at its end.
  bool still_whole() const noexcept;

  // Notes that time has passed, and tells whether the transfer may go on: the sink's check(), then
  // kChanged unless still_whole(). For whoever has waited otherwise than by wait_for_room().
  Result<void> look_again() noexcept;
};

// Why a route has ended without an error. The next one goes on from where `left` stands; what made
// that necessary has been counted.
enum class RouteEnd : uint8_t {
  kDone,
  kUnsuitable,
  kNoPipe,     // unsuitable for want of a pipe only
  kNoMapping,  // unsuitable because the file cannot be mapped
};

// What a file that ends before its range does ends in.
inline constexpr Error kFileChanged{ErrorCode::kChanged, 0, "transfer"};

// Waits until the sink takes bytes again, and ends with look_again().
Task<Result<void>> wait_for_room(OutgoingFile& file) noexcept;

// Lets everybody else on this thread go first, then asks the sink's check(). Too short a time to
// look at the file again; in_parts has that done at the end.
Task<Result<void>> yield_turn(OutgoingFile& file) noexcept;

}  // namespace sluice
