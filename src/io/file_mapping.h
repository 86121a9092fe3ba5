// A file mapped into memory for the kernel to send from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <sluice/error.h>

namespace sluice {

// Part of a file as a read-only, shared mapping (mmap(2)). Its addresses are for system calls only:
// where a file was cut off meanwhile these fail with EFAULT, while this process would be killed by
// SIGBUS if it looked itself. So nothing here reads a mapping, nor may anybody else.
//
// Not thread-safe.
class FileMapping {
 public:
  // What is kept mapped of a file. Beyond the end of the file it costs addresses only.
  static constexpr uint64_t kKeptBytes = 1024 * 1024;

  // What is mapped at once of a large one: few enough pages for unmapping not to hold up a loop.
  static constexpr uint64_t kWindowBytes = 16 * 1024 * 1024;

  FileMapping() noexcept = default;
  FileMapping(const FileMapping&) = delete;
  FileMapping& operator=(const FileMapping&) = delete;
  ~FileMapping() { unmap(); }

  // Maps `bytes` from `offset` on (rounded down to a page), instead of what was mapped. ENODEV:
  // the file cannot be mapped; ENOMEM: there are as many mappings as a process should have
  // (vm.max_map_count). Nothing is mapped then.
  Result<void> map(int fd, uint64_t offset, uint64_t bytes) noexcept;
  void unmap() noexcept;

  bool covers(uint64_t offset, uint64_t bytes) const noexcept {
    return address_ != nullptr && offset >= offset_ && bytes <= bytes_ &&
           offset - offset_ <= bytes_ - bytes;
  }

  // Where a part is. Stays until unmap() and map(). REQUIRES: covers() it.
  std::span<char> part(uint64_t offset, uint64_t bytes) const noexcept;

 private:
  char* address_ = nullptr;  // null exactly when nothing is mapped
  uint64_t offset_ = 0;      // in the file
  uint64_t bytes_ = 0;
};

}  // namespace sluice
