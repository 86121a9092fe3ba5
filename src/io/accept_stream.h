// Connections as they come in.
#pragma once

#include <cstdint>
#include <vector>

#include <sluice/error.h>
#include <sluice/unique_fd.h>

#include "ring/operation.h"
#include "runtime/event.h"
#include "runtime/reactor.h"

namespace sluice {

// Multishot accept (io_uring_prep_multishot_accept(3)) with a bounded queue: when kPauseAt sockets
// wait to be taken accepting stops, and the kernel's backlog holds the rest. Accepted sockets are
// non-blocking and close on exec.
//
// Stopping for good: cancel(), await over(), then destroy.
class AcceptStream final : private Operation {
 public:
  static constexpr size_t kPauseAt = 256;

  // `listener` must stay open until over().
  AcceptStream(Reactor& reactor, int listener) noexcept
      : reactor_(reactor), listener_(listener), changed_(reactor) {}
  ~AcceptStream() { discard(); }

  // True when take() has something to say without waiting.
  bool ready() const noexcept { return taken_ < queue_.size() || error_ != 0; }

  enum class Amount : uint8_t {
    kOne,     // then start() again
    kStream,  // all that come: at once as many as the backlog holds
  };

  // Makes sure that the kernel accepts. A stream that is to become kOne is stopped first.
  void start(Amount amount) noexcept;

  // Asks the kernel to stop accepting; what it accepted meanwhile is still to be taken.
  void cancel() noexcept;

  // Resumes when something has changed, or when notify() is called; then look again.
  Event::Awaiter changed() noexcept { return changed_.wait(); }
  void notify() noexcept { changed_.notify(); }

  // The next connection, or why accepting has stopped. REQUIRES: ready().
  Result<UniqueFd> take() noexcept;

  // Closes what was accepted and not taken.
  void discard() noexcept;

  // True when the kernel holds nothing of this stream any more.
  bool over() const noexcept { return !in_flight(); }

 private:
  void complete(Completion completion) noexcept override;

  Reactor& reactor_;
  const int listener_;
  Event changed_;
  std::vector<int> queue_;  // accepted; the first taken_ of them have been handed out
  size_t taken_ = 0;
  Amount amount_ = Amount::kStream;  // of the accept in flight
  bool cancel_requested_ = false;    // since the accept in flight was started
  int error_ = 0;                    // why the accept stopped, still to be told
};

}  // namespace sluice
