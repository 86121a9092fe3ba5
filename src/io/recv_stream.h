// What a peer sends, as a stream of buffers that the kernel picks when data is there.
#pragma once

#include <cstdint>
#include <string_view>

#include "ring/operation.h"
#include "ring/receive_buffers.h"
#include "runtime/event.h"
#include "runtime/reactor.h"

namespace sluice {

// A piece of what arrived. Owns its buffer: gives it back to the ring when destroyed.
class ReceivedBytes {
 public:
  ReceivedBytes() noexcept = default;
  ReceivedBytes(ReceiveBuffers& buffers, uint16_t id, uint32_t length) noexcept
      : buffers_(&buffers), id_(id), length_(length) {}
  ReceivedBytes(ReceivedBytes&& other) noexcept { *this = std::move(other); }
  ReceivedBytes& operator=(ReceivedBytes&& other) noexcept;
  ~ReceivedBytes() { reset(); }

  std::string_view view() const noexcept {
    return buffers_ == nullptr ? std::string_view()
                               : std::string_view(buffers_->data(id_), length_);
  }
  void reset() noexcept;

 private:
  ReceiveBuffers* buffers_ = nullptr;
  uint16_t id_ = 0;
  uint32_t length_ = 0;
};

// Multishot recv (io_uring_prep_recv_multishot(3)) with a bounded queue: when kPauseAt buffers wait
// to be taken the recv is stopped, and started again when the queue is empty, so that a peer that
// sends without end cannot hold more than that and what was under way.
//
// Stopping for good: shutdown(2) the socket, await over(), then destroy.
class RecvStream final : private Operation {
 public:
  static constexpr uint32_t kPauseAt = 4;

  enum class Arrival : uint8_t {
    kBytes,      // `bytes` holds some
    kEnd,        // the peer has finished sending
    kNoBuffers,  // the ring has none left: receive into memory of your own
    kError,      // `error` holds an errno
  };
  struct Item {
    Arrival arrival;
    int error = 0;
    ReceivedBytes bytes;
  };

  // Starts to receive on the first next(). `socket` must stay open until over().
  RecvStream(Reactor& reactor, int socket) noexcept
      : reactor_(reactor), socket_(socket), changed_(reactor) {}
  ~RecvStream() { discard(); }

  // True when take() has something to say without waiting.
  bool ready() const noexcept { return queued_ > 0 || ending_ != Ending::kNone; }

  // True when the next take() yields bytes.
  bool holds_bytes() const noexcept { return queued_ > 0; }

  // True when the peer has sent bytes that were not taken yet: here, or still in the socket.
  bool has_arrived() const noexcept;

  // Makes sure that the kernel receives. REQUIRES: nothing is ready().
  void start() noexcept;

  // Ends what start() began: it is over() soon, and until then more may arrive. Nothing is lost,
  // and start() goes on.
  void stop() noexcept;

  // Resumes when something has changed; then look at ready() again.
  Event::Awaiter changed() noexcept { return changed_.wait(); }

  // The next piece, or why there is none. REQUIRES: ready().
  Item take() noexcept;

  // True when the kernel holds nothing of this stream any more.
  bool over() const noexcept { return !in_flight(); }

  void discard() noexcept;

 private:
  enum class Ending : uint8_t { kNone, kEnd, kNoBuffers, kError };

  void complete(Completion completion) noexcept override;

  Reactor& reactor_;
  const int socket_;
  Event changed_;
  // The queue is a chain through ReceiveBuffers::link(); first_ and last_ mean something exactly
  // when queued_ > 0.
  uint32_t queued_ = 0;
  uint16_t first_ = 0;
  uint16_t last_ = 0;
  bool cancel_requested_ = false;  // since the recv in flight was started
  Ending ending_ = Ending::kNone;  // why the recv stopped, still to be told
  int error_ = 0;
};

}  // namespace sluice
