// Coroutines: work that waits without holding up its thread.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

#include <sluice/export.h>

namespace sluice {

namespace task_detail {

// Memory for frames, from free lists of the thread. A frame is freed on the thread that made it.
SLUICE_API void* allocate_frame(std::size_t bytes);
SLUICE_API void free_frame(void* frame, std::size_t bytes) noexcept;

// Ends the program where assertions are checked: a task was destroyed in the middle of its work.
SLUICE_API void check_finished(bool finished) noexcept;

struct PooledFrame {
  static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
  static void operator delete(void* frame, std::size_t bytes) noexcept { free_frame(frame, bytes); }
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

  std::coroutine_handle<> awaiting = std::noop_coroutine();
};

// What a task throws is thrown again where it is awaited. Inside sluice errors are values and tasks
// are noexcept; a handler of a program may do as it likes.
template <class T>
struct Promise : PromiseBase {
  template <class U>
  void return_value(U&& value) {
    result.emplace(std::forward<U>(value));
  }
  void unhandled_exception() noexcept { thrown = std::current_exception(); }
  T take() {
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*result);
  }

  std::optional<T> result;
  std::exception_ptr thrown;
};

template <>
struct Promise<void> : PromiseBase {
  void return_void() noexcept {}
  void unhandled_exception() noexcept { thrown = std::current_exception(); }
  void take() {
    if (thrown) std::rethrow_exception(thrown);
  }

  std::exception_ptr thrown;
};

}  // namespace task_detail

// A piece of work that starts when it is awaited and is awaited once:
//   Task<int> answer(); ... const int n = co_await answer();
// Its frame dies with the Task object, which must outlive the work. A task and all that it awaits
// run on one thread.
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
      task_detail::check_finished(frame_.done());
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

}  // namespace sluice
