// Where coroutine frames come from: free lists by size, so that a warm shard allocates nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sluice {

// One a thread. A frame is freed on the thread that made it.
class FramePool {
 public:
  static FramePool& of_this_thread() noexcept;

  void* allocate(size_t bytes);
  void free(void* frame, size_t bytes) noexcept;

  // Frames in use now, and how many the heap was ever asked for.
  uint64_t live_count() const noexcept { return live_count_; }
  uint64_t heap_allocation_count() const noexcept { return heap_allocation_count_; }

  FramePool() noexcept = default;
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;
  ~FramePool();

 private:
  static constexpr size_t kClassBytes = 64;
  static constexpr size_t kClassCount = 256;  // up to 16 KiB; larger frames go to the heap

  struct FreeFrame {
    FreeFrame* next;
  };

  static size_t class_of(size_t bytes) noexcept { return (bytes - 1) / kClassBytes; }

  std::array<FreeFrame*, kClassCount> free_{};
  uint64_t live_count_ = 0;
  uint64_t heap_allocation_count_ = 0;
};

}  // namespace sluice
