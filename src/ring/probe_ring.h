// A small ring to try things on, set up as sluice's rings are and thrown away afterwards.
#pragma once

#include <liburing.h>

#include <cstdint>

#include <sluice/error.h>

#include "ring/operation.h"
#include "ring/receive_buffers.h"

namespace sluice {

// Belongs to the thread that made it. What an operation uses must outlive the ring: declare it
// before.
class ProbeRing {
 public:
  explicit ProbeRing(unsigned submission_entries = 8, unsigned completion_entries = 32) noexcept;
  ~ProbeRing();
  ProbeRing(const ProbeRing&) = delete;
  ProbeRing& operator=(const ProbeRing&) = delete;

  // Whether the ring can be used: created, enabled and entered. Where it cannot, everything below
  // does nothing and says the same.
  const Result<void>& started() const noexcept { return started_; }

  // REQUIRES: the ring has started.
  io_uring& raw() noexcept { return ring_; }

  // A blank entry with this user_data.
  io_uring_sqe& prepare(uint64_t user_data = kDefaultUserData) noexcept;

  // Submits what was prepared and waits, at most a second, for the next completion with this
  // user_data. A completion that is an error is returned as one of `operation`.
  Result<Completion> wait(const char* operation, uint64_t user_data = kDefaultUserData) noexcept;

  // Lets the kernel pick from `buffers`.
  Result<void> provide(const ReceiveBuffers& buffers) noexcept;

 private:
  static constexpr uint64_t kDefaultUserData = 1;

  Result<void> start(unsigned submission_entries, unsigned completion_entries) noexcept;

  io_uring ring_{};
  io_uring_sqe unused_{};  // stands for an entry where the ring has not started
  bool created_ = false;
  Result<void> started_;
};

}  // namespace sluice
