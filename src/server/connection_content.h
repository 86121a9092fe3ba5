// The content of the request that a connection is answering.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/request_head.h"
#include "http/request_parser.h"
#include "server/client_channel.h"
#include "server/counters.h"
#include "server/receive_readiness.h"
#include "server/request_input.h"
#include "transfer/transfer_context.h"

namespace sluice {

// One a request. What it takes of the input is exactly the content: the next request stays there.
class ConnectionContent final : public ClientChannel {
 public:
  struct Parts {
    Socket& socket;
    RequestInput& input;
    http::RequestParser& parser;  // of the request, behind its head
    TransferContext& transfer;
    Counters& counters;
    uint64_t progress_ms;  // Limits::receive_progress_timeout_ms
  };

  // All of `parts` outlives this; `head` need not.
  ConnectionContent(const Parts& parts, const http::RequestHead& head) noexcept;

  std::optional<uint64_t> length() const noexcept override;
  bool complete() const noexcept override { return complete_ && given_back_.empty(); }
  Task<Result<std::string_view>> read() noexcept override;
  Result<std::string_view> read_arrived() noexcept override;
  void give_back(uint64_t bytes) noexcept override;
  Task<Result<Readiness*>> socket() noexcept override;
  uint64_t left_bytes() const noexcept override { return left_bytes_; }
  void took(uint64_t bytes) noexcept override;
  Task<Result<void>> send_interim(std::string_view head) noexcept override;
  int socket_fd() const noexcept override { return parts_.socket.fd(); }

  // Drops what is there of the content, without waiting. False when it is malformed, now or before:
  // nothing that follows on the connection can be trusted.
  bool discard_arrived() noexcept;

  // Whether the next request can be reached by dropping what nobody has read, which is
  // `limit_bytes` at most as far as its length is known. Otherwise only the end of the connection
  // gets rid of it. REQUIRES: not after discard_arrived().
  bool skippable(uint64_t limit_bytes) const noexcept;

 private:
  Result<std::string_view> take_piece() noexcept;
  Result<std::string_view> take_chunks() noexcept;
  Task<Result<void>> receive() noexcept;
  Task<Result<void>> give_leave() noexcept;
  Error fail(const Error& error) noexcept;

  Parts parts_;
  const uint64_t length_bytes_;  // 0 where it comes in chunks
  uint64_t left_bytes_;
  const bool chunked_;
  bool complete_;
  bool awaits_leave_ = false;  // the client sends nothing before it has been told to
  bool uncertain_ = false;     // after a final response it may send its content or not
  std::optional<Error> failure_;
  std::string_view last_piece_;
  std::string_view given_back_;  // of that
  std::optional<ReceiveReadiness> readiness_;
  // Since readiness_ was there: what a transfer that failed has taken is not known.
  bool doubtful_ = false;
};

}  // namespace sluice
