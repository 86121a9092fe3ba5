// The coroutine that sluice is written in.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "runtime/frame_pool.h"

namespace sluice {

namespace task_detail {

struct PooledFrame {
  static void* operator new(size_t bytes) { return FramePool::of_this_thread().allocate(bytes); }
  static void operator delete(void* frame, size_t bytes) noexcept {
    FramePool::of_this_thread().free(frame, bytes);
  }
};

struct PromiseBase : PooledFrame {
  // On its end a task resumes whoever awaits it, on the same stack.
  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> finished) noexcept {
      return finished.promise().awaiting;
    }
    void await_resume() noexcept {}
  };

  std::suspend_always initial_suspend() noexcept { return {}; }
  FinalAwaiter final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { std::terminate(); }  // errors are values (error.h)

  std::coroutine_handle<> awaiting = std::noop_coroutine();
};

template <class T>
struct Promise : PromiseBase {
  template <class U>
  void return_value(U&& value) {
    result.emplace(std::forward<U>(value));
  }
  T take() { return std::move(*result); }

  std::optional<T> result;
};

template <>
struct Promise<void> : PromiseBase {
  void return_void() noexcept {}
  void take() noexcept {}
};

}  // namespace task_detail

// A piece of work that starts when it is awaited and is awaited once:
//   Task<int> answer(); ... const int n = co_await answer();
// Its frame dies with the Task object, which must outlive the work.
template <class T = void>
class [[nodiscard]] Task {
 public:
  struct promise_type : task_detail::Promise<T> {
    Task get_return_object() noexcept {
      return Task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
  };

  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (frame_) {
      SLUICE_ASSERT(frame_.done());  // never destroyed in the middle of an await
      frame_.destroy();
    }
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    frame_.promise().awaiting = awaiting;
    return frame_;
  }
  T await_resume() { return frame_.promise().take(); }

 private:
  explicit Task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

  std::coroutine_handle<promise_type> frame_;
};

// A coroutine that nobody awaits: starts at once, frees its own frame at its end. What it uses must
// outlive it; a Gate tells when it is over.
struct Detached {
  struct promise_type : task_detail::PooledFrame {
    Detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

}  // namespace sluice
