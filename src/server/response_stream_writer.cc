#include "server/response_stream_writer.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <exception>

#include "runtime/yield.h"

namespace sluice {

namespace {

constexpr Error kWrongLength{ErrorCode::kUnsupported, 0, "length of a streamed body"};
constexpr uint64_t kWritesInARow = 32;
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

iovec piece_of(std::string_view bytes) noexcept {
  return {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
}

// The line in front of a chunk (RFC 9112 §7.1).
class ChunkSize {
 public:
  explicit ChunkSize(uint64_t bytes) noexcept {
    char* const end = std::to_chars(text_, text_ + kMostDigits, bytes, 16).ptr;
    length_ = static_cast<size_t>(kLineEnd.copy(end, kLineEnd.size()) + (end - text_));
  }
  std::string_view line() const noexcept { return {text_, length_}; }

 private:
  static constexpr size_t kMostDigits = 16;

  char text_[kMostDigits + kLineEnd.size()];
  size_t length_;
};

std::span<iovec> without_first(std::span<iovec> pieces, size_t bytes) noexcept {
  while (!pieces.empty() && bytes >= pieces.front().iov_len) {
    bytes -= pieces.front().iov_len;
    pieces = pieces.subspan(1);
  }
  if (!pieces.empty()) {
    iovec& first = pieces.front();
    first.iov_base = static_cast<char*>(first.iov_base) + bytes;
    first.iov_len -= bytes;
  }
  return pieces;
}

// What the function says of its own affairs is not the client's doing.
Error not_of_the_peer(Error error) noexcept {
  if (error.code == ErrorCode::kPeerGone || error.code == ErrorCode::kTimedOut) {
    error.code = ErrorCode::kCancelled;
  }
  return error;
}

Task<Result<void>> call(const Response::Stream& stream, ResponseStream& body,
                        HandlerLog& log) noexcept {
  try {
    Task<Result<void>> writing = stream.write(body);
    co_return co_await writing;
  } catch (const std::exception& thrown) {
    log.threw("a response while it was written", thrown.what());
  } catch (...) {
    log.threw("a response while it was written", HandlerLog::kUnknown);
  }
  co_return std::unexpected(Error{ErrorCode::kCancelled, 0, "writing a response"});
}

}  // namespace

Task<Result<void>> ResponseStreamWriter::write(std::string_view bytes) noexcept {
  if (bytes.empty()) co_return state_;
  if (const Result<void> fits = account_for(bytes.size()); !fits) co_return fits;
  if (!counted_) context_.counters.of(Route::kCopy).transfers.increment();
  counted_ = true;
  const ChunkSize size(bytes.size());
  const bool chunked = framing_ == StreamFraming::kChunks;
  std::array<iovec, 4> pieces = {
      piece_of(head_), piece_of(chunked ? size.line() : std::string_view()), piece_of(bytes),
      piece_of(chunked ? kLineEnd : std::string_view())};
  Task<Result<void>> sending = send(pieces, 0);
  state_ = co_await sending;
  if (state_) {
    context_.counters.of(Route::kCopy).bytes.add(bytes.size());
    context_.counters.copied_body_bytes.add(bytes.size());
  }
  // A client that takes all at once lets nobody else have a turn, nor the stack be unwound.
  if (++write_count_ % kWritesInARow == 0) {
    Yield yield(context_.reactor);
    co_await yield;
  }
  co_return state_;
}

Task<Result<void>> ResponseStreamWriter::begin_piece(uint64_t bytes) noexcept {
  if (const Result<void> fits = account_for(bytes); !fits) co_return fits;
  const ChunkSize size(bytes);
  const bool chunked = framing_ == StreamFraming::kChunks;
  std::array<iovec, 2> pieces = {piece_of(head_),
                                 piece_of(chunked ? size.line() : std::string_view())};
  // They wait in the kernel for what follows at once.
  Task<Result<void>> sending = send(pieces, MSG_MORE);
  state_ = co_await sending;
  co_return state_;
}

Task<Result<void>> ResponseStreamWriter::end_piece() noexcept {
  if (!state_) co_return state_;
  std::array<iovec, 1> pieces = {
      piece_of(framing_ == StreamFraming::kChunks ? kLineEnd : std::string_view())};
  Task<Result<void>> sending = send(pieces, 0);
  state_ = co_await sending;
  co_return state_;
}

Task<Result<void>> ResponseStreamWriter::finish() noexcept {
  if (!state_) co_return state_;
  if (framing_ == StreamFraming::kLength && left_bytes_ > 0) {
    state_ = std::unexpected(kWrongLength);
    co_return state_;
  }
  std::array<iovec, 2> pieces = {
      piece_of(head_),
      piece_of(framing_ == StreamFraming::kChunks ? kLastChunk : std::string_view())};
  Task<Result<void>> sending = send(pieces, 0);
  state_ = co_await sending;
  co_return state_;
}

Result<void> ResponseStreamWriter::account_for(uint64_t bytes) noexcept {
  if (!state_ || framing_ != StreamFraming::kLength) return state_;
  if (bytes > left_bytes_) {
    state_ = std::unexpected(kWrongLength);
  } else {
    left_bytes_ -= bytes;
  }
  return state_;
}

// The head is the first of `pieces` while it has not been sent.
Task<Result<void>> ResponseStreamWriter::send(std::span<iovec> pieces, int flags) noexcept {
  pieces = without_first(pieces, 0);
  while (!pieces.empty()) {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    const ssize_t sent = context_.reactor.ring().direct().send_message(sink_.fd(), message, flags);
    if (sent >= 0) {
      pieces = without_first(pieces, static_cast<size_t>(sent));
    } else if (sent == -EAGAIN) {
      Task<Result<Readiness::Wake>> waiting = sink_.wait(POLLOUT);
      if (const auto ready = co_await waiting; !ready) co_return std::unexpected(ready.error());
    } else {
      co_return std::unexpected(sink_.error(static_cast<int>(-sent), "sendmsg"));
    }
  }
  head_ = {};
  // The handler may now take its time.
  if (flags == 0) socket_.deadline().disarm();
  co_return Result<void>();
}

Task<Result<void>> stream_response(TransferContext& context, Socket& socket, Readiness& sink,
                                   ResponseDraft& response, const Response::Stream& stream,
                                   HandlerLog& log) noexcept {
  ResponseStreamWriter writer(context, socket, sink, response.head().view(),
                              response.stream_framing(), stream.length);
  ResponseStream body(writer);
  Task<Result<void>> writing = call(stream, body, log);
  const Result<void> written = co_await writing;
  if (!writer.state()) co_return writer.state();
  if (!written) co_return std::unexpected(not_of_the_peer(written.error()));
  Task<Result<void>> finishing = writer.finish();
  co_return co_await finishing;
}

}  // namespace sluice
