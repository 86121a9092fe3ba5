// Runs a coroutine to its end on the calling thread, for programs that want transfers without a
// server.
#pragma once

#include <optional>

#include <sluice/error.h>
#include <sluice/export.h>
#include <sluice/stats.h>
#include <sluice/task.h>

namespace sluice {

namespace run_detail {
// Throws StartError where the system grants no ring. `work` is over when this returns.
SLUICE_API void run(Task<void>& work, TransferStats* stats);

template <class T>
Task<void> keep_result(Task<T>& work, std::optional<T>& result) {
  result.emplace(co_await work);
}
}  // namespace run_detail

// Returns what `work` returns and throws what it throws; StartError where the system refuses what a
// loop needs (io_uring(7)). `stats`, if it is given, is told what transfers did. REQUIRES: on a
// thread that runs no other loop.
template <class T>
T run(Task<T> work, TransferStats* stats = nullptr) {
  std::optional<T> result;
  Task<void> keeping = run_detail::keep_result(work, result);
  run_detail::run(keeping, stats);
  return std::move(*result);
}

inline void run(Task<void> work, TransferStats* stats = nullptr) { run_detail::run(work, stats); }

}  // namespace sluice
