// A time by which a peer must have done something.
#pragma once

#include <cstdint>

#include "runtime/reactor.h"

namespace sluice {

// When it passes, the socket is shut down (shutdown(2)): every operation on it completes, and who
// awaited one asks passed() for the reason. So no wait needs a second way to end.
class Deadline final : private Timer {
 public:
  enum class Ends : uint8_t {
    kReceiving,  // SHUT_RD: the peer can still be answered
    kEverything,
  };

  // `socket` must stay open as long as this lives.
  Deadline(Reactor& reactor, int socket) noexcept : reactor_(reactor), socket_(socket) {}
  ~Deadline() { disarm(); }

  // Replaces what was set before.
  void arm(uint64_t delay_ms, Ends ends = Ends::kEverything) noexcept {
    ends_ = ends;
    reactor_.set_timer(*this, delay_ms);
  }
  void disarm() noexcept { reactor_.timers().cancel(*this); }

  bool passed() const noexcept { return passed_; }

 private:
  void expire() noexcept override;

  Reactor& reactor_;
  const int socket_;
  Ends ends_ = Ends::kEverything;
  bool passed_ = false;
};

}  // namespace sluice
