// Keeps a large file that is sent once from pushing everything else out of the page cache.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>

#include "runtime/reactor.h"
#include "runtime/task.h"

namespace sluice {

// Follows a transfer through a file and drops behind it what the transfer itself brought in
// (posix_fadvise(2), POSIX_FADV_DONTNEED), by this rule: of each aligned MiB, it is dropped exactly
// when some of it was not in the page cache as it was looked at, 32 MiB before the transfer reached
// it, or when the transfer began. So what others use stays, and what the kernel read ahead for this
// transfer does not count as theirs, but is dropped too. Of what others use in part, that part goes
// with the rest of its MiB, and everything goes where the kernel does not tell (before 6.5).
//
// The kernel keeps pages that a socket, a pipe or a mapping still refers to, so this stays 8 MiB
// behind; what the sockets hold at the end stays in the cache: as much as tcp_wmem allows, and
// tcp_rmem where the peer is on this machine (tcp(7)). The hints that speak for all reading through
// a descriptor (POSIX_FADV_NOREUSE, POSIX_FADV_SEQUENTIAL) are not given, since other responses
// share it.
//
//   DropBehind behind(reactor, fd, offset, length);  // before the first byte is read
//   ... send at most DropBehind::kStepBytes ...
//   Task<void> dropping = behind.sent_up_to(offset); co_await dropping;      // again and again
//   Task<void> dropping = behind.finish(); co_await dropping;
//
// The descriptor must stay open.
class DropBehind {
 public:
  static constexpr uint64_t kGranuleBytes = 1024 * 1024;
  static constexpr uint64_t kStepBytes = 8 * kGranuleBytes;
  static constexpr uint64_t kAheadBytes = 32 * kGranuleBytes;
  static constexpr uint64_t kBehindBytes = 8 * kGranuleBytes;

  // Before this range of a file is sent.
  DropBehind(Reactor& reactor, int fd, uint64_t offset, uint64_t length) noexcept;

  // Everything before `offset` has been sent, at most kStepBytes since the last time. Drops off the
  // loop what is far enough behind that.
  Task<void> sent_up_to(uint64_t offset) noexcept;

  // No more will be sent: drops the rest, and what was read ahead.
  Task<void> finish() noexcept;

 private:
  // A second attempt at what a slow peer had not acknowledged at the first.
  static constexpr uint64_t kAgainBytes = 32 * kGranuleBytes;

  void look_ahead() noexcept;
  Task<void> drop_before(uint64_t offset) noexcept;
  static size_t number_of(uint64_t offset) noexcept { return offset / kGranuleBytes % kRemembered; }
  uint64_t granule_end(uint64_t offset) const noexcept;

  Reactor& reactor_;
  const int fd_;
  const uint64_t begin_;
  const uint64_t end_;  // of what may be read ahead for this transfer, within the file
  uint64_t sent_;       // up to here
  uint64_t dropped_;    // up to here, as far as it was to be
  uint64_t looked_at_;  // up to here
  // For each granule, by its number modulo kRemembered: whether it was in the page cache. Of use
  // for the last that were looked at.
  static constexpr size_t kRemembered = 128;
  std::bitset<kRemembered> not_ours_;
};

}  // namespace sluice
