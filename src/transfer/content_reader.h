// The content of a request while it arrives, as transfers take it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <sluice/error.h>

#include "runtime/task.h"
#include "transfer/readiness.h"

namespace sluice {

// Content either passes through buffers (read()) or, where nobody has to look at it, stays in the
// socket for a transfer to take it from there (socket()). A client that waits for leave to send is
// given that by the first of either. Not thread-safe.
class ContentReader {
 public:
  virtual ~ContentReader() = default;

  // Absent where it comes in chunks (RFC 9112 §7.1); 0 where there is none.
  virtual std::optional<uint64_t> length() const noexcept = 0;

  // True exactly when all of it has been taken.
  virtual bool complete() const noexcept = 0;

  // The next piece, which stays until the next call; empty at the end. Errors are those of
  // RequestContent::read(). After socket() has returned one sluice receives by itself again.
  virtual Task<Result<std::string_view>> read() noexcept = 0;

  // What has arrived already, without waiting; empty where nothing has. Counts as taken.
  virtual Result<std::string_view> read_arrived() noexcept = 0;

  // The last `bytes` of the last piece have not been taken: the next piece is what they are.
  // REQUIRES: nothing else was called since that piece.
  virtual void give_back(uint64_t bytes) noexcept = 0;

  // Where the rest of the content is: in this socket, the next left_bytes() of what arrives. From
  // then on sluice receives nothing by itself. Null where the content comes in chunks, or some of
  // it still lies in a buffer (read_arrived()).
  virtual Task<Result<Readiness*>> socket() noexcept = 0;
  virtual uint64_t left_bytes() const noexcept = 0;

  // So many bytes were taken from socket().
  virtual void took(uint64_t bytes) noexcept = 0;
};

}  // namespace sluice
