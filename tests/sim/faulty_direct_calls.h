// System calls on real descriptors, with the faults of a simulated kernel.
#pragma once

#include "ring/direct_calls.h"
#include "sim/fake_kernel.h"
#include "sim/faults.h"

namespace sluice::sim {

// They take less than there is, say -EAGAIN although there is room, meet resets and read errors,
// and find what is in the page cache or not, as the seed would have it.
class FaultyDirectCalls final : public DirectCalls {
 public:
  FaultyDirectCalls(FakeKernel& kernel, const Faults& faults) noexcept
      : kernel_(kernel), faults_(faults) {}

  ssize_t send(int socket, std::span<const char> bytes, int flags) noexcept override;
  ssize_t send_message(int socket, const msghdr& message, int flags) noexcept override;
  ssize_t receive(int socket, std::span<char> buffer, int flags) noexcept override;
  ssize_t read_cached(int file, std::span<char> buffer, uint64_t offset) noexcept override;
  ssize_t splice(int from, int64_t from_offset, int to, int64_t to_offset, size_t bytes,
                 unsigned flags) noexcept override;
  ssize_t tee(int from_pipe, int to_pipe, size_t bytes) noexcept override;
  ssize_t send_file(int to, int file, uint64_t offset, size_t bytes) noexcept override;
  int cached(int file, uint64_t offset, uint64_t bytes) noexcept override;
  ssize_t cached_pages(int file, uint64_t offset, uint64_t bytes) noexcept override;

 private:
  // What a fault makes of an operation on `socket`: a negative errno, or 0 for nothing.
  int socket_fault(int socket, bool sends);
  bool is_not_spliceable();
  size_t shortened(size_t bytes, double probability, uint64_t& count);

  FakeKernel& kernel_;
  const Faults& faults_;
};

}  // namespace sluice::sim
