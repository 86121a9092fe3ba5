// Accepts connections and sets them going.
#pragma once

#include <cstdint>

#include <sluice/unique_fd.h>

#include "io/accept_stream.h"
#include "runtime/task.h"
#include "server/connection.h"

namespace sluice {

class Listener {
 public:
  // `socket` listens already. At most `connection_count` connections of the shard are open at once.
  Listener(ConnectionContext& context, UniqueFd socket, uint32_t connection_count,
           OperatorLog& log) noexcept
      : context_(context),
        socket_(std::move(socket)),
        connection_count_(connection_count),
        log_(log),
        accepting_(context.reactor, socket_.get()) {}

  // Accepts until stop() was called, by itself, then closes the socket. Holds a pass of
  // context.work.
  Detached run();

  // After this no connection is accepted.
  void stop() noexcept;

  // To be called when a connection of the shard has ended.
  void room_made() noexcept { accepting_.notify(); }

 private:
  uint64_t room() const noexcept {
    const uint64_t open = context_.counters.connections_open.value();
    return open < connection_count_ ? connection_count_ - open : 0;
  }
  bool full() const noexcept { return room() == 0; }
  Task<void> accept_one() noexcept;
  Task<void> note_failure(Error error) noexcept;

  ConnectionContext& context_;
  UniqueFd socket_;
  const uint32_t connection_count_;
  OperatorLog& log_;
  AcceptStream accepting_;
  bool stopping_ = false;
};

}  // namespace sluice
