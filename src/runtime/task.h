// The coroutines that sluice is written in: Task (sluice/task.h), and those that nobody awaits.
#pragma once

#include <coroutine>
#include <exception>

#include <sluice/task.h>

namespace sluice {

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
