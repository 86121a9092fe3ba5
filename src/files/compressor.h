// Compresses a file into another one.
#pragma once

#include <cstdint>
#include <stop_token>

#include "files/file_state.h"
#include "http/accept_encoding.h"

namespace sluice {

// How an attempt to compress a file ended.
enum class CompressionOutcome : uint8_t {
  kDone,
  kNotWorth,     // what came out is not smaller than the bound
  kChanged,      // the original is not what it was any more
  kStopped,      // the stop token said so
  kReadFailed,   // or there was no memory for the encoder
  kWriteFailed,  // the disk is full, say
};

struct Compression {
  CompressionOutcome outcome;
  uint64_t byte_count = 0;  // written, of kDone
  int system_errno = 0;     // of kReadFailed and kWriteFailed
};

// What to compress: an open file and the state that it is in.
struct Original {
  int fd;
  const FileState& state;
};

// Writes `original` in `coding` to `to`, whose offset is where it begins:
//   br    RFC 7932, quality 11 below 128 KiB, else 9; a window of at most 4 MiB
//   zstd  RFC 8878, level 19 below 1 MiB, else 12; a window of at most 8 MiB (RFC 9659)
//   gzip  RFC 1952, level 9, without name and time: equal files stay equal
// Gives up as soon as more than `bound_bytes` have come out. Original and result pass through
// memory in pieces. For a worker: takes as long as it takes, up to a second between looks at
// `stop`, and up to 20 ms more when the original has just been changed (wait_for_next_tick()).
// REQUIRES: `coding` is not kIdentity.
Compression compress_file(const Original& original, int to, http::Coding coding,
                          uint64_t bound_bytes, std::stop_token stop) noexcept;

}  // namespace sluice
