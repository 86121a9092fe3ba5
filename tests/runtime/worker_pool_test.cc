// Threads for what takes long, and the two queues in front of them.
#include "runtime/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <utility>
#include <vector>

namespace sluice {
namespace {

using Semaphore = std::counting_semaphore<>;

// Fails the test rather than waiting for ever.
bool wait_for(Semaphore& semaphore) { return semaphore.try_acquire_for(std::chrono::seconds(30)); }

// Tells what became of it.
class TestJob : public WorkerPool::Job {
 public:
  explicit TestJob(std::function<void(std::stop_token)> body = [](const std::stop_token&) {})
      : body_(std::move(body)) {}

  void run(std::stop_token stop) noexcept override {
    body_(std::move(stop));
    ++runs;
    over.release();
  }
  void dropped() noexcept override {
    ++drops;
    over.release();
  }

  std::atomic<int> runs = 0;
  std::atomic<int> drops = 0;
  Semaphore over{0};

 private:
  std::function<void(std::stop_token)> body_;
};

// Keeps a worker busy until it is let go, or the pool is cancelled.
class Blocker : public TestJob {
 public:
  Blocker()
      : TestJob([this](const std::stop_token& stop) {
          begun.release();
          const std::stop_callback on_stop(stop, [this] {
            asked_to_stop = true;
            go.release();
          });
          go.acquire();
        }) {}

  Semaphore begun{0};
  Semaphore go{0};
  std::atomic<bool> asked_to_stop = false;
};

// What happened, in order, told from any thread.
class Journal {
 public:
  void add(std::string entry) {
    const std::scoped_lock lock(mutex_);
    entries_.push_back(std::move(entry));
  }
  std::vector<std::string> entries() {
    const std::scoped_lock lock(mutex_);
    return entries_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> entries_;
};

// Work that nobody waits for; its journal outlives it.
class BackgroundJob : public WorkerPool::Job {
 public:
  BackgroundJob(std::string name, Journal& journal, Semaphore& over)
      : name_(std::move(name)), journal_(journal), over_(over) {}
  ~BackgroundJob() override {
    journal_.add("delete " + name_);
    over_.release();
  }
  void run(std::stop_token /*stop*/) noexcept override { journal_.add("run " + name_); }
  void dropped() noexcept override { journal_.add("drop " + name_); }

 private:
  std::string name_;
  Journal& journal_;
  Semaphore& over_;
};

// As the above, around a function.
class BackgroundFunction : public WorkerPool::Job {
 public:
  explicit BackgroundFunction(std::function<void()> body) : body_(std::move(body)) {}
  void run(std::stop_token /*stop*/) noexcept override { body_(); }

 private:
  std::function<void()> body_;
};

TEST(WorkerPoolTest, RunsAJobOnAnotherThread) {
  std::thread::id thread;
  TestJob job([&](const std::stop_token& stop) {
    thread = std::this_thread::get_id();
    EXPECT_FALSE(stop.stop_requested());
  });
  WorkerPool pool(1, 8);
  EXPECT_FALSE(pool.immediate());
  ASSERT_TRUE(pool.submit(job));
  ASSERT_TRUE(wait_for(job.over));
  EXPECT_NE(thread, std::this_thread::get_id());
  EXPECT_EQ(job.runs, 1);
  EXPECT_EQ(job.drops, 0);
}

TEST(WorkerPoolTest, AJobMayBeSubmittedAgainWhenItIsOver) {
  TestJob job;
  WorkerPool pool(2, 8);
  for (int round = 0; round < 100; ++round) {
    ASSERT_TRUE(pool.submit(job));
    ASSERT_TRUE(wait_for(job.over));
  }
  EXPECT_EQ(job.runs, 100);
}

TEST(WorkerPoolTest, EachQueueIsBounded) {
  Journal journal;
  Semaphore over{0};
  Blocker blocker;
  TestJob first;
  TestJob second;
  TestJob third;
  WorkerPool pool(1, 2);
  ASSERT_TRUE(pool.submit(blocker));
  ASSERT_TRUE(wait_for(blocker.begun));
  EXPECT_TRUE(pool.submit(first));
  EXPECT_TRUE(pool.submit(second));
  EXPECT_FALSE(pool.submit(third));
  EXPECT_TRUE(pool.submit_background(std::make_unique<BackgroundJob>("a", journal, over)));
  EXPECT_TRUE(pool.submit_background(std::make_unique<BackgroundJob>("b", journal, over)));
  EXPECT_FALSE(pool.submit_background(std::make_unique<BackgroundJob>("c", journal, over)));
  EXPECT_EQ(journal.entries(), (std::vector<std::string>{"delete c"}));
  blocker.go.release();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(wait_for(over));
  EXPECT_EQ(journal.entries(),
            (std::vector<std::string>{"delete c", "run a", "delete a", "run b", "delete b"}));
  EXPECT_EQ(first.runs, 1);
  EXPECT_EQ(second.runs, 1);
  EXPECT_EQ(third.runs + third.drops, 0);
  EXPECT_TRUE(pool.submit(third));
  EXPECT_TRUE(wait_for(third.over));
}

TEST(WorkerPoolTest, BackgroundWorkBeginsWhenNothingElseWaits) {
  Journal journal;
  Semaphore over{0};
  Blocker blocker;
  TestJob first([&](const std::stop_token&) { journal.add("first"); });
  TestJob second([&](const std::stop_token&) { journal.add("second"); });
  WorkerPool pool(1, 8);
  ASSERT_TRUE(pool.submit(blocker));
  ASSERT_TRUE(wait_for(blocker.begun));
  ASSERT_TRUE(pool.submit_background(std::make_unique<BackgroundJob>("late", journal, over)));
  ASSERT_TRUE(pool.submit(first));
  ASSERT_TRUE(pool.submit(second));
  blocker.go.release();
  ASSERT_TRUE(wait_for(over));
  EXPECT_EQ(journal.entries(),
            (std::vector<std::string>{"first", "second", "run late", "delete late"}));
}

TEST(WorkerPoolTest, BackgroundWorkLeavesTheLastThread) {
  constexpr unsigned kThreads = 3;
  Semaphore begun{0};
  Semaphore go{0};
  std::atomic<unsigned> running = 0;
  TestJob job;
  WorkerPool pool(kThreads, 64);
  const auto block = [&] {
    ++running;
    begun.release();
    go.acquire();
    --running;
  };
  for (unsigned i = 0; i < 2 * kThreads; ++i) {
    ASSERT_TRUE(pool.submit_background(std::make_unique<BackgroundFunction>(block)));
  }
  for (unsigned i = 0; i + 1 < kThreads; ++i) EXPECT_TRUE(wait_for(begun));
  // The thread that is left runs all of these, one after the other.
  for (int round = 0; round < 10; ++round) {
    ASSERT_TRUE(pool.submit(job));
    if (!wait_for(job.over)) go.release(2 * kThreads);  // lets the failed test end
    EXPECT_EQ(running, kThreads - 1);
  }
  go.release(2 * kThreads);
  for (unsigned i = 0; i < kThreads + 1; ++i) EXPECT_TRUE(wait_for(begun));
}

TEST(WorkerPoolTest, ASingleThreadDoesBackgroundWorkToo) {
  Journal journal;
  Semaphore over{0};
  WorkerPool pool(1, 8);
  ASSERT_TRUE(pool.submit_background(std::make_unique<BackgroundJob>("a", journal, over)));
  ASSERT_TRUE(wait_for(over));
  EXPECT_EQ(journal.entries(), (std::vector<std::string>{"run a", "delete a"}));
}

TEST(WorkerPoolTest, CancelDropsWhatWaitsAndAsksWhatRunsToStop) {
  Journal journal;
  Semaphore over{0};
  Blocker blocker;
  TestJob waiting;
  TestJob refused;
  WorkerPool pool(1, 8);
  ASSERT_TRUE(pool.submit(blocker));
  ASSERT_TRUE(wait_for(blocker.begun));
  ASSERT_TRUE(pool.submit(waiting));
  ASSERT_TRUE(pool.submit_background(std::make_unique<BackgroundJob>("a", journal, over)));
  pool.cancel();
  EXPECT_EQ(waiting.drops, 1);
  EXPECT_EQ(waiting.runs, 0);
  EXPECT_EQ(journal.entries(), (std::vector<std::string>{"drop a", "delete a"}));
  // It may have begun, and not look at the token yet.
  EXPECT_TRUE(wait_for(blocker.over));
  EXPECT_TRUE(blocker.asked_to_stop);
  EXPECT_FALSE(pool.submit(refused));
  EXPECT_FALSE(pool.submit_background(std::make_unique<BackgroundJob>("b", journal, over)));
  EXPECT_EQ(journal.entries().back(), "delete b");
  EXPECT_EQ(refused.runs + refused.drops, 0);
}

TEST(WorkerPoolTest, WhatIsDroppedMayAskForMore) {
  class Insistent : public TestJob {
   public:
    explicit Insistent(WorkerPool& pool) : pool_(pool) {}
    void dropped() noexcept override { taken = pool_.submit(again_); }
    bool taken = true;

   private:
    WorkerPool& pool_;
    TestJob again_;
  };
  WorkerPool pool(1, 8);
  Blocker blocker;
  Insistent insistent(pool);
  ASSERT_TRUE(pool.submit(blocker));
  ASSERT_TRUE(wait_for(blocker.begun));
  ASSERT_TRUE(pool.submit(insistent));
  pool.stop();
  EXPECT_FALSE(insistent.taken);
}

TEST(WorkerPoolTest, StopWaitsForWhatRuns) {
  std::atomic<bool> begun = false;
  std::atomic<bool> over = false;
  TestJob job([&](const std::stop_token& stop) {
    begun = true;
    begun.notify_one();
    while (!stop.stop_requested()) std::this_thread::yield();
    over = true;
  });
  WorkerPool pool(2, 8);
  ASSERT_TRUE(pool.submit(job));
  begun.wait(false);
  pool.stop();
  EXPECT_TRUE(over);
  pool.stop();
  pool.cancel();
  EXPECT_EQ(job.runs, 1);
}

TEST(WorkerPoolTest, WithoutThreadsItRunsAtOnce) {
  Journal journal;
  Semaphore over{0};
  WorkerPool pool(0, 0);
  EXPECT_TRUE(pool.immediate());
  std::thread::id thread;
  TestJob job([&](const std::stop_token& stop) {
    thread = std::this_thread::get_id();
    EXPECT_FALSE(stop.stop_requested());
  });
  EXPECT_TRUE(pool.submit(job));
  EXPECT_EQ(job.runs, 1);
  EXPECT_EQ(thread, std::this_thread::get_id());
  EXPECT_TRUE(pool.submit_background(std::make_unique<BackgroundJob>("a", journal, over)));
  EXPECT_EQ(journal.entries(), (std::vector<std::string>{"run a", "delete a"}));
  pool.stop();
  EXPECT_FALSE(pool.submit(job));
  EXPECT_FALSE(pool.submit_background(std::make_unique<BackgroundJob>("b", journal, over)));
  EXPECT_EQ(journal.entries().back(), "delete b");
  EXPECT_EQ(job.runs, 1);
}

// Whenever the pool ends, every job that it took has been run or dropped, and only once.
TEST(WorkerPoolTest, NothingIsLostWhenItEndsWhileOthersSubmit) {
  constexpr int kThreads = 3;
  constexpr int kJobs = 200;
  for (int round = 0; round < 10; ++round) {
    std::vector<std::unique_ptr<TestJob>> jobs(kThreads * kJobs);
    for (auto& job : jobs) job = std::make_unique<TestJob>();
    std::vector<char> taken(jobs.size());
    std::atomic<int> background_runs = 0;
    std::atomic<size_t> submitted = 0;
    WorkerPool pool(2, 16);
    std::vector<std::thread> submitters;
    for (int thread = 0; thread < kThreads; ++thread) {
      submitters.emplace_back([&, thread] {
        for (int i = thread * kJobs; i < (thread + 1) * kJobs; ++i) {
          taken[static_cast<size_t>(i)] = pool.submit(*jobs[static_cast<size_t>(i)]);
          pool.submit_background(
              std::make_unique<BackgroundFunction>([&background_runs] { ++background_runs; }));
          ++submitted;
        }
      });
    }
    while (submitted < static_cast<size_t>(round) * jobs.size() / 10) std::this_thread::yield();
    pool.stop();
    for (std::thread& submitter : submitters) submitter.join();
    for (size_t i = 0; i < jobs.size(); ++i) {
      ASSERT_EQ(jobs[i]->runs + jobs[i]->drops, taken[i]) << "round " << round << ", job " << i;
    }
  }
}

}  // namespace
}  // namespace sluice
