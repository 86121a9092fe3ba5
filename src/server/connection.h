// One client: reads requests, has them answered, and keeps the order and the deadlines.
#pragma once

#include <cstdint>

#include <sluice/options.h>

#include "base/intrusive_list.h"
#include "base/slab_pool.h"
#include "http/request_parser.h"
#include "io/socket.h"
#include "runtime/gate.h"
#include "runtime/task.h"
#include "server/common_fields.h"
#include "server/connection_content.h"
#include "server/counters.h"
#include "server/operator_log.h"
#include "server/request_input.h"
#include "server/response_draft.h"
#include "server/site_handler.h"
#include "transfer/transfer_context.h"

namespace sluice {

class Connection;

// What the connections of a shard share. All of it outlives them.
struct ConnectionContext {
  Reactor& reactor;
  const Limits& limits;
  http::HeadLimits head_limits;
  TransferContext& transfer;
  SiteHandler& handler;
  SlabPool& blocks;  // each with room for the head of a request or of a response
  Counters& counters;
  OperatorLog& aborted_log;
  CommonFields common_fields;
  Gate work;  // held by every connection and listener
  IntrusiveList<Connection, Connection> connections;
  bool draining = false;  // true exactly when responses end connections
};

class Connection : public ListNode<Connection> {
 public:
  // Serves `socket` until its end, by itself. Holds a pass of context.work.
  static Detached serve(ConnectionContext& context, UniqueFd socket);

  // Ends the connection: at once if it waits for a request or for nothing but content that it
  // throws away, soon if a head is arriving, after the response otherwise.
  void drain() noexcept;

  // Ends the connection as fast as its operations can; a response that this cuts off does not look
  // whole to the peer.
  void abort() noexcept { phase_ == Phase::kAnswering ? socket_.reset() : socket_.abort(); }

 private:
  // What serving a request leads to: the next one, or an end of the connection.
  enum class Next : uint8_t {
    kRequest,
    kOrderly,  // all was sent: tell the peer, and give it time to see that
    kGone,     // the peer has ended it
    kReset,    // what was sent is not whole, or the peer takes nothing: it must not look orderly
  };

  enum class Phase : uint8_t {
    kIdle,         // the first byte of a request is awaited
    kReadingHead,  // the rest of its head is
    kAnswering,
    kSkipping,  // the response is sent, the rest of the request's content is awaited
  };

  Connection(ConnectionContext& context, UniqueFd socket) noexcept;
  ~Connection();

  Task<void> run() noexcept;
  Task<bool> wait_for_request(uint64_t timeout_ms) noexcept;
  Task<Next> serve_request() noexcept;
  Task<Next> read_head(http::RequestParser& parser, SlabPool::Block& gathered,
                       const char*& base) noexcept;
  Task<Next> answer(http::RequestParser& parser, const http::RequestHead& head) noexcept;
  Task<Next> refuse(int status, http::Method method) noexcept;
  Task<Next> send(ResponseDraft& response, http::Method method, Next after) noexcept;
  Task<Next> skip_content(ConnectionContent& content) noexcept;
  Task<void> linger() noexcept;
  void note_failure(const Error& error) noexcept;

  ConnectionContext& context_;
  Socket socket_;
  RequestInput input_;
  Phase phase_ = Phase::kIdle;
  uint64_t served_count_ = 0;  // requests
};

}  // namespace sluice
