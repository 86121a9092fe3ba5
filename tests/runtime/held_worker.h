// A worker that does nothing until it is told to.
#pragma once

#include <semaphore>
#include <stop_token>

#include "runtime/worker_pool.h"

namespace sluice {

// Keeps one worker from all other work. REQUIRES: released or the pool stopped before it is
// destroyed.
class HeldWorker final : private WorkerPool::Job {
 public:
  // Returns when the worker has begun.
  explicit HeldWorker(WorkerPool& pool) {
    pool.submit(*this);
    begun_.acquire();
  }
  ~HeldWorker() override { ended_.acquire(); }

  void release() noexcept { released_.release(); }

 private:
  void run(std::stop_token stop) noexcept override {
    begun_.release();
    {
      const std::stop_callback stopped(stop, [this] { released_.release(); });
      released_.acquire();
    }
    ended_.release();  // after that this may be gone
  }

  std::counting_semaphore<> begun_{0};
  std::counting_semaphore<> released_{0};
  std::counting_semaphore<> ended_{0};
};

}  // namespace sluice
