#include "runtime/worker_pool.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include "base/assert.h"

namespace sluice {

namespace {

// The loops come first: a processor that a shard wants is not kept from it for long.
constexpr int kNiceness = 5;

}  // namespace

WorkerPool::WorkerPool(unsigned thread_count, uint32_t queue_count)
    : thread_count_(thread_count), queue_count_(queue_count) {
  try {
    for (unsigned i = 0; i < thread_count; ++i) threads_.emplace_back([this] { work(); });
  } catch (...) {
    stop();
    throw;
  }
}

bool WorkerPool::submit(Job& job) noexcept {
  if (ending_.stop_requested()) return false;
  if (thread_count_ == 0) {
    job.run(ending_.get_token());
    return true;
  }
  {
    const std::scoped_lock lock(mutex_);
    if (ending_.stop_requested() || waiting_count_ >= queue_count_) return false;
    waiting_.push_back(job);
    ++waiting_count_;
  }
  changed_.notify_one();
  return true;
}

bool WorkerPool::submit_background(std::unique_ptr<Job> job) noexcept {
  if (ending_.stop_requested()) return false;
  if (thread_count_ == 0) {
    job->run(ending_.get_token());
    return true;
  }
  {
    const std::scoped_lock lock(mutex_);
    if (ending_.stop_requested() || background_count_ >= queue_count_) return false;
    background_.push_back(*job.release());
    ++background_count_;
  }
  changed_.notify_one();
  return true;
}

void WorkerPool::cancel() noexcept {
  // Not under the lock, because it runs the callbacks of what looks at the token.
  ending_.request_stop();
  IntrusiveList<Job, Job> waiting;
  IntrusiveList<Job, Job> background;
  {
    const std::scoped_lock lock(mutex_);
    waiting.take_all(waiting_);
    background.take_all(background_);
    waiting_count_ = background_count_ = 0;
  }
  changed_.notify_all();
  while (!waiting.empty()) waiting.pop_front().dropped();
  while (!background.empty()) {
    const std::unique_ptr<Job> job(&background.pop_front());
    job->dropped();
  }
}

void WorkerPool::stop() noexcept {
  cancel();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

WorkerPool::Job* WorkerPool::next(std::unique_lock<std::mutex>& lock, bool& background) noexcept {
  while (!ending_.stop_requested()) {
    if (!waiting_.empty()) {
      Job& job = waiting_.pop_front();
      --waiting_count_;
      background = false;
      return &job;
    }
    const bool room = background_running_ + 1 < thread_count_ || thread_count_ == 1;
    if (!background_.empty() && room) {
      Job& job = background_.pop_front();
      --background_count_;
      background = true;
      return &job;
    }
    changed_.wait(lock);
  }
  return nullptr;
}

void WorkerPool::work() noexcept {
  pthread_setname_np(pthread_self(), "sluice-worker");
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);
  std::unique_lock lock(mutex_);
  bool background = false;
  while (Job* const job = next(lock, background)) {
    background_running_ += background ? 1 : 0;
    lock.unlock();
    job->run(ending_.get_token());
    if (background) delete job;
    lock.lock();
    background_running_ -= background ? 1 : 0;
    if (background && !background_.empty()) changed_.notify_one();
  }
}

}  // namespace sluice
