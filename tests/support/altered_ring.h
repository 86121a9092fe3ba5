// io_uring, of which a test may change the operations before they are submitted.
#pragma once

#include <liburing.h>
#include <sys/utsname.h>

#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "ring/kernel_ring.h"

namespace sluice::testing_support {

class AlteredRing : public Ring {
 public:
  AlteredRing() {
    if (!inner_.enable()) throw std::runtime_error("io_uring");
  }

  io_uring_sqe& prepare(Operation& operation, unsigned part) noexcept override {
    io_uring_sqe& entry = inner_.prepare(operation, part);
    prepared_.push_back(&entry);
    // A full queue would be submitted as it is.
    SLUICE_CHECK(prepared_.size() < kSmall.submission_entries / 2);
    return entry;
  }
  void reserve(unsigned entry_count) noexcept override { inner_.reserve(entry_count); }
  io_uring_sqe& prepare_unattended() noexcept override { return inner_.prepare_unattended(); }
  void submit_and_wait(uint64_t timeout_ms) noexcept override {
    for (io_uring_sqe* entry : prepared_) alter(*entry);
    prepared_.clear();
    inner_.submit_and_wait(timeout_ms);
  }
  void drain() noexcept override { inner_.drain(); }
  uint64_t now_ms() noexcept override { return inner_.now_ms(); }
  ReceiveBuffers& receive_buffers() noexcept override { return inner_.receive_buffers(); }

 protected:
  // To be told of each operation before it is submitted.
  virtual void alter(io_uring_sqe& entry) noexcept = 0;

  // Has it do nothing else. REQUIRES: kernel_injects_results().
  static void have_it_answer(io_uring_sqe& entry, int result) noexcept {
    entry.opcode = IORING_OP_NOP;
    entry.nop_flags = IORING_NOP_INJECT_RESULT;
    entry.len = static_cast<uint32_t>(result);
  }

 private:
  static constexpr RingOptions kSmall{.submission_entries = 64,
                                      .completion_entries = 1024,
                                      .blocking_workers = 8,
                                      .receive_buffer_count = 1};

  KernelRing inner_{kSmall};
  std::vector<io_uring_sqe*> prepared_;
};

// Whether there is IORING_NOP_INJECT_RESULT, Linux 6.10.
inline bool kernel_injects_results() {
  utsname name;
  unsigned major = 0;
  unsigned minor = 0;
  return uname(&name) == 0 && std::sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
         std::pair(major, minor) >= std::pair(6U, 10U);
}

}  // namespace sluice::testing_support
