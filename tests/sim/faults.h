// What may go wrong in a simulated kernel, and how often.
#pragma once

#include <cstdint>
#include <string>

#include "support/random.h"

namespace sluice::sim {

using testing_support::Random;

// Probabilities from 0 to 1, each for one attempt at an operation unless it says otherwise. Without
// any, operations are carried out at once and in order.
struct Faults {
  // --- When
  // ---------------------------------------------------------------------------------------
  bool reordering = false;      // operations are tried in a new order each time
  double lazy = 0;              // an operation is not tried this time
  double late = 0;              // a completion is held back for some turns
  unsigned late_turns = 0;      // at most so many
  double very_late = 0;         // a completion is held back for some time
  uint64_t very_late_ms = 0;    // at most so long
  double tick = 0;              // a millisecond passes between one look and the next
  double early_submission = 0;  // what is prepared is handed over before its turn ends

  // --- How much
  // -----------------------------------------------------------------------------------
  double short_receive = 0;
  double short_send = 0;
  double short_fill = 0;       // file → pipe, pipe → pipe
  double short_drain = 0;      // pipe → socket, pipe → file
  double full_socket = 0;      // it says -EAGAIN although there is room
  double uncached = 0;         // a part of a file is not in the page cache
  double multishot_ends = 0;   // without F_MORE, although there is more to come
  double end_with_buffer = 0;  // the end of a stream takes a buffer with it, as some kernels do
  double no_buffers = 0;       // -ENOBUFS

  // --- Failures
  // -----------------------------------------------------------------------------------
  double open_interrupted = 0;  // openat2 says -EINTR or -EAGAIN; seven times in a row at most
  double interrupted = 0;       // a splice, read, write or send says -EINTR
  double open_refused = 0;      // -EMFILE
  double accept_refused = 0;    // -EMFILE
  double accept_aborted = 0;    // -ECONNABORTED
  double reset = 0;             // the peer resets the connection
  double not_spliceable = 0;    // nothing goes by splice or sendfile to or from a file: -EINVAL
  double no_zero_copy = 0;      // -EOPNOTSUPP, as always with AF_UNIX
  double read_error = 0;        // a read of a file, into a pipe or elsewhere, says -EIO
  double disk_full = 0;         // a write to a file says -ENOSPC; never drawn

  // Draws which of them there are, and how often.
  static Faults drawn(Random& random);
};

// How often each of them has happened.
struct FaultCounts {
  uint64_t lazy = 0, late = 0, very_late = 0;
  uint64_t short_receive = 0, short_send = 0, short_fill = 0, short_drain = 0, full_socket = 0;
  uint64_t uncached = 0;
  uint64_t multishot_ends = 0, end_with_buffer = 0, no_buffers = 0;
  uint64_t open_interrupted = 0, open_refused = 0, accept_refused = 0, accept_aborted = 0;
  uint64_t interrupted = 0, reset = 0, read_error = 0, disk_full = 0, not_spliceable = 0,
           no_zero_copy = 0;

  FaultCounts& operator+=(const FaultCounts& other) noexcept;
  std::string to_string() const;
};

}  // namespace sluice::sim
