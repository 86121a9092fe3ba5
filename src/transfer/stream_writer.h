// The body of a response while a handler writes it, as transfers write to it.
#pragma once

#include <cstdint>
#include <string_view>

#include <sluice/error.h>

#include "runtime/task.h"
#include "transfer/readiness.h"

namespace sluice {

// Not thread-safe. After an error the response is over, and nothing more may be written.
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;

  // All of `bytes`, with the framing that they need.
  virtual Task<Result<void>> write(std::string_view bytes) noexcept = 0;

  // A piece of exactly `bytes` that a transfer puts into socket() itself (more may follow it):
  // begins it, and ends it. `bytes` > 0.
  virtual Task<Result<void>> begin_piece(uint64_t bytes) noexcept = 0;
  virtual Task<Result<void>> end_piece() noexcept = 0;
  virtual Readiness& socket() noexcept = 0;
};

}  // namespace sluice
