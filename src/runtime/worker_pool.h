// Threads for what would hold up a loop: hashing, compressing, passwords, reading directories.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/intrusive_list.h"

namespace sluice {

// Two bounded queues: work that a request waits for, and work that nobody waits for, which begins
// only when none of the first kind is left and never takes the last thread (where there are two).
// Thread-safe.
class WorkerPool {
 public:
  class Job : public ListNode<Job> {
   public:
    virtual ~Job() = default;

    // On a worker. What takes long looks at `stop` now and then, and gives up.
    virtual void run(std::stop_token stop) noexcept = 0;

    // In the place of run(), when the pool ends before the job's turn.
    virtual void dropped() noexcept {}
  };

  // `thread_count` threads; 0: submit() runs the job at once, on the thread that calls it, which
  // makes tests predictable. `queue_count` jobs of each kind may wait. Throws std::system_error.
  WorkerPool(unsigned thread_count, uint32_t queue_count);
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // True exactly when there are no threads.
  bool immediate() const noexcept { return thread_count_ == 0; }

  // Has `job` run or dropped, once, after which the pool does not touch it. False, and neither of
  // the two, when too many wait or the pool has ended.
  bool submit(Job& job) noexcept;

  // The same for work that nobody waits for; the pool deletes it. False when it was not taken.
  bool submit_background(std::unique_ptr<Job> job) noexcept;

  // Asks what runs to give up, and drops what waits. Returns at once.
  void cancel() noexcept;

  // cancel(), and waits for the threads. Idempotent. REQUIRES: on no worker, and on one thread at a
  // time.
  void stop() noexcept;

 private:
  void work() noexcept;
  // The next job, or null when there will be none. Called with the lock held.
  Job* next(std::unique_lock<std::mutex>& lock, bool& background) noexcept;

  const unsigned thread_count_;
  const uint32_t queue_count_;
  std::mutex mutex_;
  std::condition_variable changed_;
  IntrusiveList<Job, Job> waiting_;
  IntrusiveList<Job, Job> background_;
  uint32_t waiting_count_ = 0;
  uint32_t background_count_ = 0;
  unsigned background_running_ = 0;
  std::stop_source ending_;
  std::vector<std::thread> threads_;
};

}  // namespace sluice
