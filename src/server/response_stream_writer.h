// Sends a body while a handler writes it.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <sluice/error.h>

#include "io/socket.h"
#include "runtime/task.h"
#include "server/handler_log.h"
#include "server/response_draft.h"
#include "transfer/stream_writer.h"
#include "transfer/transfer_context.h"

namespace sluice {

// The head leaves with the first piece. A body whose length was told has exactly that: what goes
// beyond it is refused, and a body that ends before it is an error. While nothing is written there
// is no deadline: that time is the handler's.
class ResponseStreamWriter final : public StreamWriter {
 public:
  // `head` stays as it is until finish() is done. `length_bytes` is there exactly where the
  // framing is kLength. `sink` waits for `socket`.
  ResponseStreamWriter(TransferContext& context, Socket& socket, Readiness& sink,
                       std::string_view head, StreamFraming framing,
                       std::optional<uint64_t> length_bytes) noexcept
      : context_(context),
        socket_(socket),
        sink_(sink),
        head_(head),
        framing_(framing),
        left_bytes_(length_bytes.value_or(0)) {}

  Task<Result<void>> write(std::string_view bytes) noexcept override;
  Task<Result<void>> begin_piece(uint64_t bytes) noexcept override;
  Task<Result<void>> end_piece() noexcept override;
  Readiness& socket() noexcept override { return sink_; }

  // Ends the body. kUnsupported where it is shorter than was told.
  Task<Result<void>> finish() noexcept;

  // What has gone wrong with the connection, or with the length, so far.
  const Result<void>& state() const noexcept { return state_; }

 private:
  Result<void> account_for(uint64_t bytes) noexcept;
  Task<Result<void>> send(std::span<iovec> pieces, int flags) noexcept;

  TransferContext& context_;
  Socket& socket_;
  Readiness& sink_;
  std::string_view head_;  // empty once it is sent
  const StreamFraming framing_;
  uint64_t left_bytes_;  // of a body of known length
  bool counted_ = false;
  uint64_t write_count_ = 0;
  Result<void> state_;
};

// Sends the head of `response`, and the body that `stream` writes. An error means that the client
// has received part of a response: kPeerGone and kTimedOut are its own doing, and nobody else's.
// What `stream` throws is told to `log`.
Task<Result<void>> stream_response(TransferContext& context, Socket& socket, Readiness& sink,
                                   ResponseDraft& response, const Response::Stream& stream,
                                   HandlerLog& log) noexcept;

}  // namespace sluice
