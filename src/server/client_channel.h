// What an answer may want of the client while its request is answered.
#pragma once

#include <string_view>

#include <sluice/error.h>

#include "runtime/task.h"
#include "transfer/content_reader.h"

namespace sluice {

// The content of the request, and what can be sent before the response. Not thread-safe.
class ClientChannel : public ContentReader {
 public:
  // Sends an interim response (RFC 9110 §15.2): `head` is all of it, with its empty line.
  virtual Task<Result<void>> send_interim(std::string_view head) noexcept = 0;

  // The socket that the content arrives by: shutdown(2) on it, by any thread, ends reading soon.
  virtual int socket_fd() const noexcept = 0;
};

}  // namespace sluice
