#include "io/file_mapping.h"

#include <sys/mman.h>

#include <atomic>
#include <cerrno>

#include "base/assert.h"
#include "base/page_size.h"

namespace sluice {

namespace {

// Of all threads. Half of what Linux lets a process have, unless told otherwise: its stacks and its
// heap need the rest.
constexpr int kMostMappings = 32 * 1024;
std::atomic<int> mapping_count = 0;

bool may_map_one_more() noexcept {
  if (mapping_count.fetch_add(1, std::memory_order_relaxed) < kMostMappings) return true;
  mapping_count.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

}  // namespace

Result<void> FileMapping::map(int fd, uint64_t offset, uint64_t bytes) noexcept {
  unmap();
  if (!may_map_one_more()) return std::unexpected(error_from_errno(ENOMEM, "mmap"));
  const uint64_t begin = page_begin(offset);
  void* const address =
      mmap(nullptr, bytes + (offset - begin), PROT_READ, MAP_SHARED, fd, static_cast<off_t>(begin));
  if (address == MAP_FAILED) {
    const int refused = errno;
    mapping_count.fetch_sub(1, std::memory_order_relaxed);
    return std::unexpected(error_from_errno(refused, "mmap"));
  }
  address_ = static_cast<char*>(address);
  offset_ = begin;
  bytes_ = bytes + (offset - begin);
  return {};
}

void FileMapping::unmap() noexcept {
  if (address_ == nullptr) return;
  munmap(address_, bytes_);
  mapping_count.fetch_sub(1, std::memory_order_relaxed);
  address_ = nullptr;
}

std::span<char> FileMapping::part(uint64_t offset, uint64_t bytes) const noexcept {
  SLUICE_ASSERT(covers(offset, bytes));
  return {address_ + (offset - offset_), bytes};
}

}  // namespace sluice
