#include "server/connection_content.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "http/expectation.h"
#include "transfer/send_all.h"
#include "transfer/socket_readiness.h"

namespace sluice {

namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

ConnectionContent::ConnectionContent(const Parts& parts, const http::RequestHead& head) noexcept
    : parts_(parts),
      length_bytes_(parts.parser.content_length()),
      left_bytes_(length_bytes_),
      chunked_(parts.parser.chunked()),
      complete_(!head.has_body()) {
  if (complete_) return;
  const http::RequestFields fields(head);
  awaits_leave_ =
      http::read_expectation(fields, head.minor_version()) == http::Expectation::kContinue;
  uncertain_ = fields.value(http::FieldName::kExpect).has_value();
}

std::optional<uint64_t> ConnectionContent::length() const noexcept {
  if (chunked_) return std::nullopt;
  return length_bytes_;
}

Task<Result<std::string_view>> ConnectionContent::read() noexcept {
  while (true) {
    readiness_.reset();
    const Result<std::string_view> piece = read_arrived();
    if (!piece || !piece->empty() || complete_) co_return piece;
    Task<Result<void>> receiving = receive();
    if (const Result<void> received = co_await receiving; !received) {
      co_return std::unexpected(received.error());
    }
  }
}

Result<std::string_view> ConnectionContent::read_arrived() noexcept {
  if (failure_) return std::unexpected(*failure_);
  if (readiness_) return std::string_view();
  if (!given_back_.empty()) return last_piece_ = std::exchange(given_back_, {});
  while (!complete_) {
    if (parts_.input.available().empty() && !parts_.input.next_arrived()) break;
    awaits_leave_ = uncertain_ = false;  // RFC 9110 §10.1.1: what is on its way needs none
    const Result<std::string_view> piece = take_piece();
    if (piece) last_piece_ = *piece;
    if (!piece || !piece->empty()) return piece;
  }
  return last_piece_ = {};
}

void ConnectionContent::give_back(uint64_t bytes) noexcept {
  SLUICE_ASSERT(bytes <= last_piece_.size());
  given_back_ = last_piece_.substr(last_piece_.size() - bytes);
}

// What is there of the next piece of content. Empty: there was nothing but framing.
Result<std::string_view> ConnectionContent::take_piece() noexcept {
  if (!chunked_) {
    const std::string_view bytes = parts_.input.available();
    const std::string_view piece = bytes.substr(0, left_bytes_);
    parts_.input.consume(piece.size());
    left_bytes_ -= piece.size();
    complete_ = left_bytes_ == 0;
    return piece;
  }
  return take_chunks();
}

// All that is there, as one piece: chunks may be of a byte each, and whoever takes a piece has a
// system call to pay for it.
Result<std::string_view> ConnectionContent::take_chunks() noexcept {
  std::string_view piece;
  do {
    std::string_view data;
    const http::RequestParser::Step step = parts_.parser.parse_body(parts_.input.available(), data);
    if (step.state == http::RequestParser::State::kInvalid) {
      const Error error = fail({ErrorCode::kUnsupported, EBADMSG, "chunked content"});
      if (piece.empty()) return std::unexpected(error);
      break;  // what came before it is good
    }
    parts_.input.consume(step.consumed);
    piece = RequestInput::join(piece, data);
    complete_ = step.state == http::RequestParser::State::kMessageComplete;
  } while (!complete_ && !parts_.input.available().empty());
  return piece;
}

// Waits until the input has more.
Task<Result<void>> ConnectionContent::receive() noexcept {
  if (awaits_leave_) {
    Task<Result<void>> giving_leave = give_leave();
    if (const Result<void> given = co_await giving_leave; !given) co_return given;
  }
  uncertain_ = false;
  Deadline& deadline = parts_.socket.deadline();
  deadline.arm(parts_.progress_ms, Deadline::Ends::kReceiving);
  Task<RequestInput::More> receiving = parts_.input.more();
  const RequestInput::More more = co_await receiving;
  deadline.disarm();
  if (more == RequestInput::More::kBytes) co_return Result<void>();
  co_return std::unexpected(fail(parts_.socket.error(ECONNRESET, "recv")));
}

Task<Result<void>> ConnectionContent::give_leave() noexcept {
  awaits_leave_ = uncertain_ = false;
  Task<Result<void>> sending = send_interim(kContinue);
  co_return co_await sending;
}

Task<Result<void>> ConnectionContent::send_interim(std::string_view head) noexcept {
  SocketReadiness sink(parts_.socket, parts_.transfer.limits.send_progress_timeout_ms);
  Task<Result<void>> sending = send_all(parts_.transfer, sink, head, 0);
  const Result<void> sent = co_await sending;
  parts_.socket.deadline().disarm();
  if (!sent) co_return std::unexpected(fail(sent.error()));
  co_return Result<void>();
}

Task<Result<Readiness*>> ConnectionContent::socket() noexcept {
  if (failure_) co_return std::unexpected(*failure_);
  if (readiness_) co_return &*readiness_;
  if (chunked_ || complete() || !given_back_.empty()) co_return nullptr;
  if (!parts_.input.available().empty()) co_return nullptr;
  RecvStream& incoming = parts_.socket.incoming();
  incoming.stop();
  while (!incoming.over()) co_await incoming.changed();
  if (incoming.holds_bytes()) co_return nullptr;
  parts_.input.release_consumed();
  // An end that the stream has seen shows again at the socket, and the lack of a buffer does not
  // matter there.
  if (incoming.ready()) incoming.take();
  if (awaits_leave_) {
    Task<Result<void>> giving_leave = give_leave();
    if (const Result<void> given = co_await giving_leave; !given) {
      co_return std::unexpected(given.error());
    }
  }
  doubtful_ = true;
  co_return &readiness_.emplace(parts_.socket, parts_.progress_ms,
                                parts_.counters.clients_timed_out);
}

void ConnectionContent::took(uint64_t bytes) noexcept {
  SLUICE_ASSERT(bytes <= left_bytes_);
  left_bytes_ -= bytes;
  complete_ = left_bytes_ == 0;
}

bool ConnectionContent::discard_arrived() noexcept {
  given_back_ = {};
  while (!failure_ && !readiness_ && !complete_ && !parts_.input.available().empty()) {
    if (!take_piece()) break;
  }
  return !failure_ || failure_->code != ErrorCode::kUnsupported;
}

bool ConnectionContent::skippable(uint64_t limit_bytes) const noexcept {
  if (uncertain_) return false;
  if (complete_) return true;
  if (failure_ || doubtful_) return false;
  return chunked_ || left_bytes_ <= limit_bytes;
}

Error ConnectionContent::fail(const Error& error) noexcept {
  if (error.code == ErrorCode::kTimedOut) parts_.counters.clients_timed_out.increment();
  failure_ = error;
  return error;
}

}  // namespace sluice
