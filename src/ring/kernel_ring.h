// io_uring(7), set up as docs/ARCHITECTURE.md says.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <expected>

#include <sluice/error.h>

#include "ring/ring.h"

namespace sluice {

struct RingOptions {
  unsigned submission_entries = 512;
  unsigned completion_entries = 8192;
  // Most io-wq workers that may wait at once (io_uring_register_iowq_max_workers(3)).
  unsigned blocking_workers = 64;
  uint16_t receive_buffer_count = 512;
  uint32_t receive_buffer_bytes = 4096;
};

// The flags every ring of sluice is created with.
unsigned ring_setup_flags() noexcept;

class KernelRing final : public Ring {
 public:
  // Creates the ring disabled: it may be made on any thread, and enable() makes the calling thread
  // its only user. Throws StartError where the kernel refuses (see ring/refusal.h).
  explicit KernelRing(const RingOptions& options);
  ~KernelRing() override;

  // Fails where a ring may be created but not used, for explain_refusal() to explain.
  // REQUIRES: called once, before anything else, on the thread that will run the ring.
  Result<void> enable() noexcept;

  io_uring_sqe& prepare(Operation& operation, unsigned part) noexcept override;
  void reserve(unsigned entry_count) noexcept override;
  io_uring_sqe& prepare_unattended() noexcept override;
  void submit_and_wait(uint64_t timeout_ms) noexcept override;
  void drain() noexcept override;
  uint64_t now_ms() noexcept override;
  ReceiveBuffers& receive_buffers() noexcept override { return receive_buffers_; }
  DirectCalls& direct() noexcept override { return direct_; }

 private:
  io_uring_sqe& next_entry() noexcept;

  DirectCalls direct_;
  ReceiveBuffers receive_buffers_;
  io_uring ring_{};
  const unsigned blocking_workers_;
  uint16_t generation_ = 0;
};

}  // namespace sluice
