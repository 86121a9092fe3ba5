// A time by which a peer must have done something.
#pragma once

#include <climits>
#include <cstdint>

#include "runtime/reactor.h"

namespace sluice {

// Ends a connection so that the peer cannot take what it has received for a whole: with a reset,
// where the protocol has one (TCP), otherwise by shutdown(2). Whoever waits for the socket is
// resumed.
void reset_connection(int socket) noexcept;

// When it passes, the socket is shut down (shutdown(2)), or reset when a response is cut off by
// that: every operation on it completes, and who awaited one asks passed() for the reason. So no
// wait for a peer needs a second way to end.
class Deadline final : private Timer {
 public:
  enum class Ends : uint8_t {
    kReceiving,   // SHUT_RD: the peer can still be answered
    kEverything,  // SHUT_RDWR: an orderly end
  };

  // While sending: how often the socket is asked whether the peer has acknowledged something, as a
  // part of the time that it is given.
  static constexpr uint64_t kChecks = 10;

  // `socket` must stay open as long as this lives.
  Deadline(Reactor& reactor, int socket) noexcept : reactor_(reactor), socket_(socket) {}
  ~Deadline() { disarm(); }

  // Each of these replaces what was set before.
  void arm(uint64_t delay_ms, Ends ends = Ends::kEverything) noexcept {
    ends_ = ends;
    passed_ = false;
    progress_ms_ = 0;
    reactor_.set_timer(*this, delay_ms);
  }

  // Passes when the peer has acknowledged nothing of what was sent for `progress_ms`, whether or
  // not there is room for more: a slow reader of a full buffer makes progress long before that. One
  // that has acknowledged everything is given more time.
  void arm_progress(uint64_t progress_ms) noexcept {
    passed_ = false;
    progress_ms_ = progress_ms;
    last_progress_ms_ = reactor_.now_ms();
    unacknowledged_bytes_ = INT_MAX;
    reactor_.set_timer(*this, progress_ms / kChecks);
  }
  void disarm() noexcept { reactor_.timers().cancel(*this); }

  // Forgets also that it has passed: what follows is no consequence of that.
  void clear() noexcept {
    disarm();
    passed_ = false;
  }

  // Since it was armed.
  bool passed() const noexcept { return passed_; }

 private:
  void expire() noexcept override;
  bool progressed() noexcept;

  Reactor& reactor_;
  const int socket_;
  Ends ends_ = Ends::kEverything;
  bool passed_ = false;
  // While sending; progress_ms_ is 0 otherwise.
  uint64_t progress_ms_ = 0;
  uint64_t last_progress_ms_ = 0;
  int unacknowledged_bytes_ = 0;  // at the last check
};

}  // namespace sluice
