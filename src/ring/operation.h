// What the kernel is asked to do, and where its answer goes.
#pragma once

#include <cstdint>

#include "base/assert.h"

namespace sluice {

// One completion queue entry (io_uring(7)).
struct Completion {
  int32_t result;  // what the system call would return; an error is a negative errno
  uint32_t flags;  // IORING_CQE_F_*
  unsigned part;   // of a chain: which of its entries this is about (Ring::prepare)

  bool more() const noexcept { return (flags & 2U) != 0; }        // IORING_CQE_F_MORE
  bool has_buffer() const noexcept { return (flags & 1U) != 0; }  // IORING_CQE_F_BUFFER
  uint16_t buffer_id() const noexcept { return static_cast<uint16_t>(flags >> 16U); }
};

// An operation that a ring may have in flight. Its address is the entry's user_data, so it must
// stay where it is, with its buffers and descriptors, until complete() is told of the last
// completion (the one without more()).
class Operation {
 public:
  Operation() noexcept = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  bool in_flight() const noexcept { return in_flight_; }

  // For rings: marks the operation as in flight and returns its user_data. The upper 16 bits
  // carry a generation, so that a completion for an operation that is gone is noticed.
  uint64_t begin(uint16_t generation) noexcept {
    SLUICE_ASSERT(!in_flight_);
    in_flight_ = true;
    generation_ = generation;
    return user_data();
  }

  uint64_t user_data() const noexcept {
    return reinterpret_cast<uint64_t>(this) | (uint64_t{generation_} << 48U);
  }

  // The lowest bits of user_data are free for the part of a chain, since operations are aligned.
  static constexpr uint64_t kPartMask = 3;

  // For rings: hands a completion to the operation that `user_data` names.
  static void dispatch(uint64_t user_data, int32_t result, uint32_t flags) noexcept {
    const Completion completion{result, flags, static_cast<unsigned>(user_data & kPartMask)};
    const uint64_t address = user_data & ((uint64_t{1} << 48U) - 1) & ~kPartMask;
    auto* operation = reinterpret_cast<Operation*>(address);
    SLUICE_CHECK(operation->in_flight_ && operation->generation_ == user_data >> 48U);
    if (!completion.more()) operation->in_flight_ = false;
    operation->complete(completion);
  }

 protected:
  ~Operation() { SLUICE_ASSERT(!in_flight_); }

 private:
  // Called while the ring is drained: takes note, may prepare operations, resumes nothing.
  virtual void complete(Completion completion) noexcept = 0;

  uint16_t generation_ = 0;
  bool in_flight_ = false;
};

}  // namespace sluice
