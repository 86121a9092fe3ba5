// The seam between sluice and the kernel: everything above prepares operations on a Ring and is
// told of their completions. KernelRing is io_uring; the tests put a simulated one in its place.
#pragma once

#include <cstdint>

#include "ring/direct_calls.h"
#include "ring/operation.h"
#include "ring/receive_buffers.h"

struct io_uring_sqe;

namespace sluice {

// Not thread-safe: used only by the thread that runs its reactor.
class Ring {
 public:
  static constexpr uint64_t kNever = UINT64_MAX;

  Ring() noexcept = default;
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  virtual ~Ring() = default;

  // A blank submission queue entry that names `operation`; the caller fills in the rest before it
  // calls anything else here. Counts as in flight from now on.
  //
  // An operation may be a chain of entries (IOSQE_IO_LINK), told apart by `part` (0 to 3) and
  // prepared one after the other, after reserve(). All but the last must carry
  // IOSQE_CQE_SKIP_SUCCESS: then the chain has exactly one completion, that of the last part or of
  // the first that fails.
  virtual io_uring_sqe& prepare(Operation& operation, unsigned part = 0) noexcept = 0;

  // Makes sure that the next `entry_count` entries are submitted together.
  virtual void reserve(unsigned entry_count) noexcept = 0;

  // As prepare(), for an entry whose completion nobody waits for (its errors are of no interest).
  virtual io_uring_sqe& prepare_unattended() noexcept = 0;

  // Submits what was prepared and waits until a completion is there or `timeout_ms` have passed;
  // 0 only looks, kNever waits without limit. One io_uring_enter(2).
  virtual void submit_and_wait(uint64_t timeout_ms) noexcept = 0;

  // Hands every completion that is there to its operation.
  virtual void drain() noexcept = 0;

  // Milliseconds of a clock that never goes back.
  virtual uint64_t now_ms() noexcept = 0;

  virtual ReceiveBuffers& receive_buffers() noexcept = 0;

  // What is called without the ring, by the same thread.
  virtual DirectCalls& direct() noexcept = 0;
};

}  // namespace sluice
