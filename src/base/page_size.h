// How memory, and with it the page cache, is divided.
#pragma once

#include <unistd.h>

#include <cstdint>

namespace sluice {

// A power of two: 4 KiB on most machines, up to 64 KiB on others (sysconf(3), _SC_PAGESIZE).
inline uint64_t page_bytes() noexcept {
  static const auto kBytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return kBytes;
}

// Where the page that holds `offset` begins.
inline uint64_t page_begin(uint64_t offset) noexcept { return offset & ~(page_bytes() - 1); }

// How many pages a part of a file touches. REQUIRES: `bytes` > 0.
inline uint64_t pages_of(uint64_t offset, uint64_t bytes) noexcept {
  return (offset + bytes - 1) / page_bytes() - offset / page_bytes() + 1;
}

}  // namespace sluice
