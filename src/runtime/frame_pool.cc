#include "runtime/frame_pool.h"

#include <new>

#include <sluice/task.h>

#include "base/assert.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, bytes) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) static_cast<void>(0)
#endif

namespace sluice {

FramePool& FramePool::of_this_thread() noexcept {
  static thread_local FramePool pool;
  return pool;
}

void* FramePool::allocate(size_t bytes) {
  ++live_count_;
  const size_t size_class = class_of(bytes);
  if (size_class >= kClassCount) {
    ++heap_allocation_count_;
    return ::operator new(bytes);
  }
  FreeFrame*& head = free_[size_class];
  if (head == nullptr) {
    ++heap_allocation_count_;
    return ::operator new((size_class + 1) * kClassBytes);
  }
  FreeFrame* frame = head;
  // A freed frame is poisoned, so that AddressSanitizer sees a coroutine that outlived its end.
  ASAN_UNPOISON_MEMORY_REGION(frame, (size_class + 1) * kClassBytes);
  head = frame->next;
  return frame;
}

void FramePool::free(void* memory, size_t bytes) noexcept {
  --live_count_;
  const size_t size_class = class_of(bytes);
  if (size_class >= kClassCount) {
    ::operator delete(memory);
    return;
  }
  auto* frame = static_cast<FreeFrame*>(memory);
  frame->next = free_[size_class];
  free_[size_class] = frame;
  ASAN_POISON_MEMORY_REGION(frame, (size_class + 1) * kClassBytes);
}

void* task_detail::allocate_frame(size_t bytes) {
  return FramePool::of_this_thread().allocate(bytes);
}

void task_detail::free_frame(void* frame, size_t bytes) noexcept {
  FramePool::of_this_thread().free(frame, bytes);
}

void task_detail::check_finished([[maybe_unused]] bool finished) noexcept {
  SLUICE_ASSERT(finished);
}

FramePool::~FramePool() {
  for (size_t size_class = 0; size_class < kClassCount; ++size_class) {
    while (FreeFrame* frame = free_[size_class]) {
      ASAN_UNPOISON_MEMORY_REGION(frame, (size_class + 1) * kClassBytes);
      free_[size_class] = frame->next;
      ::operator delete(frame);
    }
  }
}

}  // namespace sluice
