// How a transfer waits for one of its ends.
#pragma once

#include <cstdint>

#include <sluice/error.h>

#include "runtime/task.h"

namespace sluice {

// A socket or a pipe that is not ready now. Whoever made this says how long a transfer waits for it
// in all, and what ends the wait. Not thread-safe.
class Readiness {
 public:
  static constexpr uint64_t kPatient = UINT64_MAX;

  enum class Wake : uint8_t {
    kReady,      // or broken: the next operation tells
    kImpatient,  // `patience_ms` have passed; wait() again goes on with the same wait
  };

  explicit Readiness(int fd) noexcept : fd_(fd) {}
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;
  virtual ~Readiness() = default;

  int fd() const noexcept { return fd_; }

  // Waits until `events` (POLLIN or POLLOUT, always the same ones) can be had, or for
  // `patience_ms`. kTimedOut and kCancelled end the transfer. After kImpatient it must be called
  // again, or settle(), before this is destroyed; an error has settled it.
  virtual Task<Result<Wake>> wait(unsigned events, uint64_t patience_ms = kPatient) noexcept = 0;

  // Takes back a wait that is still under way.
  virtual Task<void> settle() noexcept = 0;

  // What the errno of an operation on this end means; a deadline that has passed comes first.
  virtual Error error(int system_errno, const char* operation) const noexcept = 0;

  // Whether a deadline or a cancellation has ended the transfer meanwhile.
  virtual Result<void> check() const noexcept = 0;

 private:
  const int fd_;
};

}  // namespace sluice
