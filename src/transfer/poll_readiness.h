// Waits by one poll(2) on the ring, in as many pieces as its transfer likes.
#pragma once

#include <optional>

#include "io/operations.h"
#include "transfer/readiness.h"

namespace sluice {

// A derived class says how long a wait may take, by check(), and by what happens around the poll.
class PollReadiness : public Readiness {
 public:
  ~PollReadiness() override { SLUICE_ASSERT(!poll_); }

  Task<Result<Wake>> wait(unsigned events, uint64_t patience_ms) noexcept final;
  Task<void> settle() noexcept final;

 protected:
  // `reactor` outlives this.
  PollReadiness(Reactor& reactor, int fd) noexcept : Readiness(fd), reactor_(reactor) {}

  // Has the poll that is under way, if there is one, end soon.
  void take_back() noexcept;

 private:
  // Called before each poll, and once after it, however it ends.
  virtual void begin_poll() noexcept = 0;
  virtual void end_poll() noexcept {}

  // After so many milliseconds check() says that the transfer is over, though the poll may go on.
  virtual uint64_t left_ms() const noexcept { return kPatient; }

  Reactor& reactor_;
  std::optional<Poll> poll_;  // under way; kept beyond a wait() that was impatient
};

}  // namespace sluice
