// What a connection does for an upload that may be interrupted.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <sluice/error.h>

#include "runtime/task.h"

namespace sluice {

// A request with content, on its connection. Not thread-safe.
class UploadExchange {
 public:
  virtual ~UploadExchange() = default;

  // Of the content; absent where it comes in chunks.
  virtual std::optional<uint64_t> content_length() const noexcept = 0;

  // Sends an interim response (RFC 9110 §15.2): `head` is all of it, with its empty line. Fails as
  // sending a response does.
  virtual Task<Result<void>> send_interim(std::string_view head) noexcept = 0;

  // How much of the content has reached `fd`, and how that ended.
  struct Received {
    uint64_t bytes = 0;
    enum class End : uint8_t {
      kWhole,        // all of the content is there
      kTooLong,      // it is longer than `limit_bytes`, of which all are there
      kInterrupted,  // by the client, a deadline, or malformed chunks: the connection must end
      kNotWritten,   // `error` is of the file
    } end = End::kInterrupted;
    Error error{ErrorCode::kPeerGone};
  };

  // Writes the content into a file, from `offset` on: what has arrived when it ends early, too. A
  // client that waits for leave to send it is given that.
  virtual Task<Received> receive(int fd, uint64_t offset, uint64_t limit_bytes) noexcept = 0;

  // The socket that the content arrives by: shutdown(2) on it, by any thread, ends receive() soon.
  virtual int socket_fd() const noexcept = 0;
};

}  // namespace sluice
