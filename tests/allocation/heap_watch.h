// Counts what a thread asks the heap for. Linking heap_watch.cc puts malloc(3) and its family in
// front of those of the C library; operator new comes by there too.
#pragma once

#include <cstdint>
#include <string>

namespace sluice {

// Whether this build counts: a sanitizer has a malloc of its own.
bool heap_is_watched() noexcept;

// Counts, as long as it lives, the allocations of every thread that bears a name
// (pthread_setname_np(3)). One at a time.
class HeapWatch {
 public:
  // `thread_name` is static storage.
  explicit HeapWatch(const char* thread_name) noexcept;
  ~HeapWatch();
  HeapWatch(const HeapWatch&) = delete;
  HeapWatch& operator=(const HeapWatch&) = delete;

  uint64_t allocation_count() const noexcept;

  // Where the first few came from, for a person to read.
  std::string describe() const;
};

}  // namespace sluice
