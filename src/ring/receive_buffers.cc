#include "ring/receive_buffers.h"

#include <liburing.h>
#include <sys/mman.h>

#include <system_error>

namespace sluice {

namespace {

void* map_pages(size_t bytes) {
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::system_error(errno, std::system_category(), "mmap");
  return pages;
}

}  // namespace

ReceiveBuffers::ReceiveBuffers(uint16_t count, uint32_t bytes_each)
    : count_(count),
      bytes_each_(bytes_each),
      memory_(static_cast<char*>(map_pages(size_t{count} * bytes_each))),
      shared_ring_(static_cast<io_uring_buf_ring*>(map_pages(count * sizeof(io_uring_buf)))),
      links_(count) {
  io_uring_buf_ring_init(shared_ring_);
  for (uint16_t id = 0; id < count_; ++id) recycle(id);
}

ReceiveBuffers::~ReceiveBuffers() {
  munmap(shared_ring_, count_ * sizeof(io_uring_buf));
  munmap(memory_, size_t{count_} * bytes_each_);
}

void ReceiveBuffers::recycle(uint16_t id) noexcept {
  io_uring_buf_ring_add(shared_ring_, data(id), bytes_each_, id, io_uring_buf_ring_mask(count_), 0);
  io_uring_buf_ring_advance(shared_ring_, 1);
}

}  // namespace sluice
