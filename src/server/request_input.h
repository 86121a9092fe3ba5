// The bytes of a connection in order, piece by piece, as requests are read from them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/slab_pool.h"
#include "io/socket.h"
#include "runtime/task.h"

namespace sluice {

class RequestInput {
 public:
  // `blocks` is where memory comes from when the ring has no buffer left.
  RequestInput(Socket& socket, SlabPool& blocks) noexcept : socket_(socket), blocks_(blocks) {}

  // What has arrived and is not consumed. Stays valid until more() or
  // next_arrived() is called.
  std::string_view available() const noexcept { return available_; }

  void consume(size_t byte_count) noexcept { available_.remove_prefix(byte_count); }

  // Moves `piece` behind `begun`, over what lies between them, and returns both as one. REQUIRES:
  // both were available() since more() or next_arrived(), in this order, and are consumed.
  static std::string_view join(std::string_view begun, std::string_view piece) noexcept;

  // Gives back the memory of what was consumed, if all was.
  void release_consumed() noexcept;

  // Goes on to what has arrived behind that, without waiting; false: nothing has. REQUIRES:
  // available() is empty.
  bool next_arrived() noexcept;

  enum class More : uint8_t {
    kBytes,  // available() holds some
    kEnd,    // the peer has finished sending, or the deadline has ended receiving
    kError,  // the connection is gone
  };

  // Waits for the next piece. REQUIRES: available() is empty, and the socket's deadline is armed.
  Task<More> more() noexcept;

 private:
  Task<More> receive_into_block() noexcept;

  Socket& socket_;
  SlabPool& blocks_;
  std::string_view available_;  // a part of the one of these that is not empty
  ReceivedBytes received_;
  SlabPool::Block block_;
};

}  // namespace sluice
