// Buffers that the kernel picks from when data arrives (io_uring_register_buf_ring(3)), so that a
// connection which waits owns none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

struct io_uring_buf_ring;

namespace sluice {

// Not thread-safe: belongs to one ring.
class ReceiveBuffers {
 public:
  static constexpr uint16_t kGroup = 0;

  // REQUIRES: `count` is a power of two, at most 32768.
  ReceiveBuffers(uint16_t count, uint32_t bytes_each);
  ~ReceiveBuffers();
  ReceiveBuffers(const ReceiveBuffers&) = delete;
  ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;

  uint16_t count() const noexcept { return count_; }
  uint32_t bytes_each() const noexcept { return bytes_each_; }
  io_uring_buf_ring* shared_ring() const noexcept { return shared_ring_; }

  char* data(uint16_t id) const noexcept { return memory_ + size_t{id} * bytes_each_; }

  // Gives a buffer back to the kernel. Each buffer the kernel picked is recycled exactly once.
  void recycle(uint16_t id) noexcept;

  // A queue of received buffers is a chain through this table: no stream needs room of its own.
  struct Link {
    uint32_t length;
    uint16_t next;
  };
  Link& link(uint16_t id) noexcept { return links_[id]; }

 private:
  const uint16_t count_;
  const uint32_t bytes_each_;
  char* memory_;
  io_uring_buf_ring* shared_ring_;
  std::vector<Link> links_;
};

}  // namespace sluice
