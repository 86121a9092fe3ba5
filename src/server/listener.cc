#include "server/listener.h"

#include <string>

#include "runtime/sleep.h"

namespace sluice {

namespace {

// After a refusal by the system, which is seldom over at once.
constexpr uint64_t kPauseMs = 100;

}  // namespace

Detached Listener::run() {
  Gate::Pass pass(context_.work);
  bool was_full = false;
  while (!stopping_) {
    if (!full() && accepting_.ready()) {
      Task<void> accepting = accept_one();
      co_await accepting;
      continue;
    }
    if (!full()) {
      // A stream takes all of the backlog at once, whether or not there is room for it.
      const bool ample = room() > context_.limits.backlog_count;
      accepting_.start(ample ? AcceptStream::Amount::kStream : AcceptStream::Amount::kOne);
    } else {
      // The kernel's backlog holds the others until there is room.
      accepting_.cancel();
      if (!was_full) context_.counters.connection_limit_hits.increment();
      if (!was_full && log_.due(context_.reactor.now_ms())) {
        log_.write("connection limit reached: " + std::to_string(connection_count_) +
                   " are open in this thread, new ones wait");
      }
    }
    was_full = full();
    co_await accepting_.changed();
  }
  accepting_.cancel();
  while (!accepting_.over()) co_await accepting_.changed();
  // Who comes now is refused, rather than kept waiting.
  accepting_.discard();
  socket_.reset();
}

Task<void> Listener::accept_one() noexcept {
  Result<UniqueFd> socket = accepting_.take();
  if (!socket) {
    Task<void> noting = note_failure(socket.error());
    co_await noting;
    co_return;
  }
  context_.counters.connections_accepted.increment();
  Connection::serve(context_, std::move(*socket));
}

Task<void> Listener::note_failure(Error error) noexcept {
  // The client gave up before it was accepted (accept(2)): nobody's fault here.
  if (error.code == ErrorCode::kPeerGone) co_return;
  context_.counters.accept_failures.increment();
  if (log_.due(context_.reactor.now_ms())) {
    log_.write("cannot accept connections: " + to_string(error));
  }
  Sleep pause(context_.reactor, kPauseMs);
  co_await pause;
}

void Listener::stop() noexcept {
  stopping_ = true;
  accepting_.notify();
}

}  // namespace sluice
