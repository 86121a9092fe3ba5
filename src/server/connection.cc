#include "server/connection.h"

#include <sys/socket.h>

#include <utility>

#include "runtime/yield.h"
#include "server/response_stream_writer.h"
#include "transfer/socket_readiness.h"
#include "transfer/transfer.h"

namespace sluice {

namespace {

constexpr uint64_t kRequestsInARow = 32;

// Of a request that could not be parsed: whether its response has content (RFC 9110 §9.3.2).
http::Method method_of(std::string_view request) noexcept {
  while (request.starts_with("\r\n")) request.remove_prefix(2);  // RFC 9112 §2.2
  return request.starts_with("HEAD ") ? http::Method::kHead : http::Method::kGet;
}

}  // namespace

Connection::Connection(ConnectionContext& context, UniqueFd socket) noexcept
    : context_(context),
      socket_(context.reactor, std::move(socket)),
      input_(socket_, context.blocks) {
  context_.connections.push_back(*this);
  context_.counters.connections_open.increment();
}

Connection::~Connection() {
  context_.counters.connections_open.decrement();
  unlink();
}

Detached Connection::serve(ConnectionContext& context, UniqueFd socket) {
  Gate::Pass pass(context.work);
  Connection connection(context, std::move(socket));
  Task<void> running = connection.run();
  co_await running;
}

void Connection::drain() noexcept {
  // What has arrived begins a request, although it has not been looked at yet.
  const bool in_head =
      phase_ == Phase::kReadingHead || (phase_ == Phase::kIdle && socket_.incoming().has_arrived());
  if (in_head) {
    socket_.deadline().arm(context_.limits.drain_head_ms, Deadline::Ends::kReceiving);
  } else if (phase_ == Phase::kIdle || phase_ == Phase::kSkipping) {
    ::shutdown(socket_.fd(), SHUT_RD);
  }
}

Task<void> Connection::run() noexcept {
  const Limits& limits = context_.limits;
  Next next = Next::kRequest;
  // A new client is given the time of a head, one that stays the time between requests.
  for (uint64_t timeout_ms = limits.head_timeout_ms; next == Next::kRequest;
       timeout_ms = limits.idle_timeout_ms) {
    Task<bool> waiting = wait_for_request(timeout_ms);
    const bool arrived = co_await waiting;
    if (!arrived) {
      next = Next::kOrderly;
      break;
    }
    Task<Next> serving = serve_request();
    next = co_await serving;
    // A client that pipelines may never have to be waited for: others come first now and then, and
    // the stack is unwound.
    if (++served_count_ % kRequestsInARow == 0) {
      Yield yield(context_.reactor);
      co_await yield;
    }
  }

  if (next == Next::kOrderly) {
    Task<void> lingering = linger();
    co_await lingering;
  }
  if (next == Next::kReset) {
    socket_.reset();
  } else {
    socket_.abort();
  }
  Task<void> joining = socket_.join();
  co_await joining;
}

// True when bytes of a request are there, false when none will come.
Task<bool> Connection::wait_for_request(uint64_t timeout_ms) noexcept {
  phase_ = Phase::kReadingHead;
  if (!input_.available().empty()) co_return true;
  if (context_.draining) co_return false;
  phase_ = Phase::kIdle;
  socket_.deadline().arm(timeout_ms, Deadline::Ends::kReceiving);
  Task<RequestInput::More> receiving = input_.more();
  const RequestInput::More more = co_await receiving;
  phase_ = Phase::kReadingHead;
  co_return more == RequestInput::More::kBytes;
}

Task<Connection::Next> Connection::serve_request() noexcept {
  http::RequestParser parser(context_.head_limits);
  SlabPool::Block gathered;
  const char* base = nullptr;
  Task<Next> reading = read_head(parser, gathered, base);
  const Next read = co_await reading;
  if (read != Next::kRequest) co_return read;

  phase_ = Phase::kAnswering;
  socket_.deadline().disarm();
  context_.counters.requests.increment();
  const http::RequestHead head = parser.head(base);
  Task<Next> answering = answer(parser, head);
  co_return co_await answering;
}

// Leaves the head parsed and `base` at its first byte. A head that came in one piece is parsed
// where it lies; one in several is gathered in a block, and so is one that content follows, because
// that is received while the head is still needed.
Task<Connection::Next> Connection::read_head(http::RequestParser& parser, SlabPool::Block& gathered,
                                             const char*& base) noexcept {
  size_t gathered_bytes = 0;
  while (true) {
    const std::string_view piece = input_.available();
    const http::RequestParser::Step step = parser.parse_head(piece);
    if (step.state == http::RequestParser::State::kInvalid) {
      Task<Next> refusing =
          refuse(parser.error_status(),
                 method_of(gathered ? std::string_view(gathered.data(), gathered_bytes) : piece));
      co_return co_await refusing;
    }
    const bool complete = step.state == http::RequestParser::State::kHeadComplete;
    const char* const begin = piece.data();
    if (complete && !gathered && !parser.head(begin).has_body()) {
      base = begin;
      input_.consume(step.consumed);
      co_return Next::kRequest;
    }

    if (!gathered) {
      gathered = context_.blocks.take();
      socket_.deadline().arm(context_.limits.head_timeout_ms, Deadline::Ends::kReceiving);
    }
    piece.copy(gathered.data() + gathered_bytes, step.consumed);
    gathered_bytes += step.consumed;
    input_.consume(step.consumed);
    if (complete) {
      base = gathered.data();
      co_return Next::kRequest;
    }

    Task<RequestInput::More> receiving = input_.more();
    const RequestInput::More more = co_await receiving;
    if (more == RequestInput::More::kBytes) continue;
    if (more == RequestInput::More::kEnd && socket_.deadline().passed()) {
      context_.counters.clients_timed_out.increment();
      if (!parser.started()) co_return Next::kOrderly;
      Task<Next> refusing = refuse(408, method_of({gathered.data(), gathered_bytes}));
      co_return co_await refusing;
    }
    co_return Next::kGone;
  }
}

Task<Connection::Next> Connection::answer(http::RequestParser& parser,
                                          const http::RequestHead& head) noexcept {
  ConnectionContent content({.socket = socket_,
                             .input = input_,
                             .parser = parser,
                             .transfer = context_.transfer,
                             .counters = context_.counters,
                             .progress_ms = context_.limits.receive_progress_timeout_ms},
                            head);
  ResponseDraft response(context_.blocks, context_.common_fields.now());
  {
    // Its frame, which has room for paths, is not for keeping while a client takes its time.
    Task<void> responding = context_.handler.respond(head, content, response);
    co_await responding;
  }
  socket_.deadline().clear();
  const http::Method method = head.method();
  const bool skippable = content.skippable(context_.limits.unwanted_content_bytes);
  // If what has come of the content is malformed, the request is.
  if (!content.discard_arrived()) {
    Task<Next> refusing = refuse(parser.error_status(), method);
    co_return co_await refusing;
  }

  const bool refused = response.status() == 503 && !response.is_of_handler();
  if (refused) context_.counters.requests_refused.increment();
  const bool doubtful = response.status() == 400 && !response.is_of_handler();
  const bool persists = head.keep_alive() && !context_.draining &&
                        head.method_name() != "CONNECT" && !doubtful &&
                        !response.ends_connection() && skippable;
  if (!persists) {
    response.head().field("Connection", "close");
  } else if (head.minor_version() == 0) {
    response.head().field("Connection", "keep-alive");
  }

  // The head is not needed any more, and a buffer of the ring is not for keeping while a client
  // takes its time.
  input_.release_consumed();
  Task<Next> sending = send(response, method, persists ? Next::kRequest : Next::kOrderly);
  const Next next = co_await sending;
  if (next != Next::kRequest || content.complete()) co_return next;
  if (context_.draining) co_return Next::kOrderly;
  Task<Next> skipping = skip_content(content);
  co_return co_await skipping;
}

// Answers what could not be understood. What follows on the connection cannot be trusted.
Task<Connection::Next> Connection::refuse(int status, http::Method method) noexcept {
  phase_ = Phase::kAnswering;
  ResponseDraft response(context_.blocks, context_.common_fields.now());
  response.fail(status);
  response.head().field("Connection", "close");
  Task<Next> sending = send(response, method, Next::kOrderly);
  co_return co_await sending;
}

Task<Connection::Next> Connection::send(ResponseDraft& response, http::Method method,
                                        Next after) noexcept {
  response.head().end();
  SLUICE_CHECK(response.head().ok());
  SocketReadiness sink(socket_, context_.limits.send_progress_timeout_ms);
  const Response::Stream* const stream = response.stream_for(method);
  Task<Result<void>> sending =
      stream != nullptr ? stream_response(context_.transfer, socket_, sink, response, *stream,
                                          context_.handler.handler_log())
                        : send_response(context_.transfer, sink, response.head().view(),
                                        response.body_for(method), response.send_options());
  const Result<void> sent = co_await sending;
  if (sent) co_return after;
  note_failure(sent.error());
  co_return sent.error().code == ErrorCode::kPeerGone ? Next::kGone : Next::kReset;
}

// Reads the rest of the content of the request that was answered, so that none of it is taken for
// the next one.
Task<Connection::Next> Connection::skip_content(ConnectionContent& content) noexcept {
  phase_ = Phase::kSkipping;
  socket_.deadline().arm(context_.limits.head_timeout_ms, Deadline::Ends::kReceiving);
  uint64_t skipped_bytes = 0;
  while (true) {
    Task<RequestInput::More> receiving = input_.more();
    const RequestInput::More more = co_await receiving;
    if (more != RequestInput::More::kBytes) co_return Next::kGone;
    skipped_bytes += input_.available().size();
    if (!content.discard_arrived()) co_return Next::kOrderly;
    if (content.complete()) co_return Next::kRequest;
    if (skipped_bytes > context_.limits.unwanted_content_bytes) co_return Next::kOrderly;
  }
}

// RFC 9112 §9.6: closing while the peer still sends would reset the connection, and the peer could
// lose the response. So only sending ends here; receiving goes on until the peer has noticed.
Task<void> Connection::linger() noexcept {
  ::shutdown(socket_.fd(), SHUT_WR);
  socket_.deadline().arm(context_.limits.linger_ms);
  RequestInput::More more = RequestInput::More::kBytes;
  while (more == RequestInput::More::kBytes) {
    input_.consume(input_.available().size());
    Task<RequestInput::More> receiving = input_.more();
    more = co_await receiving;
  }
}

void Connection::note_failure(const Error& error) noexcept {
  switch (error.code) {
    case ErrorCode::kPeerGone:
      return;
    case ErrorCode::kTimedOut:
      context_.counters.clients_timed_out.increment();
      return;
    default:
      break;
  }
  context_.counters.responses_aborted.increment();
  if (!context_.aborted_log.due(context_.reactor.now_ms())) return;
  context_.aborted_log.write(error.code == ErrorCode::kChanged
                                 ? "response cut off: the file became shorter while it was sent"
                                 : "response cut off: " + to_string(error));
}

}  // namespace sluice
