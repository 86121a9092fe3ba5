// The pipes that file data travels through.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>
#include <vector>

#include <sluice/unique_fd.h>

#include "base/intrusive_list.h"
#include "runtime/reactor.h"

namespace sluice {

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
  uint32_t capacity_bytes = 0;
  uint32_t bytes_inside = 0;  // kept by whoever splices
};

// A bounded number of pipes, made when they are first needed and then kept. Who finds none waits in
// line. A pipe enters the pool empty: bytes left inside are thrown away first, or the next client
// would receive them.
//
// Not thread-safe: one a shard. Must outlive its leases.
class PipePool {
 public:
  // `count` pipes at the most; each holds `bytes_each` (fcntl(2), F_SETPIPE_SZ), or less where the
  // system refuses that.
  PipePool(Reactor& reactor, uint32_t count, uint32_t bytes_each);
  ~PipePool();
  PipePool(const PipePool&) = delete;
  PipePool& operator=(const PipePool&) = delete;

  // A pipe while it is in use. Empty when none was to be had.
  class Lease {
   public:
    Lease() noexcept = default;
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), pipe_(std::move(other.pipe_)) {}
    Lease& operator=(Lease&& other) noexcept {
      release();
      pool_ = std::exchange(other.pool_, nullptr);
      pipe_ = std::move(other.pipe_);
      return *this;
    }
    ~Lease() { release(); }

    explicit operator bool() const noexcept { return pool_ != nullptr; }
    // REQUIRES: not empty.
    Pipe& operator*() noexcept { return pipe_; }

    // Throws away what is inside and gives the pipe back. REQUIRES: no operation uses it.
    void release() noexcept;

   private:
    friend class PipePool;
    Lease(PipePool* pool, Pipe pipe) noexcept : pool_(pool), pipe_(std::move(pipe)) {}

    PipePool* pool_ = nullptr;
    Pipe pipe_;
  };

  //   PipePool::Acquire acquire(pool, timeout_ms);
  //   PipePool::Lease pipe = co_await acquire;    // empty after timeout_ms
  class Acquire : private Resumable, private Timer, private ListNode<Acquire> {
   public:
    Acquire(PipePool& pool, uint64_t timeout_ms) noexcept : pool_(pool), timeout_ms_(timeout_ms) {}
    bool await_ready() noexcept { return (lease_ = pool_.try_acquire()).operator bool(); }
    void await_suspend(std::coroutine_handle<> awaiting) noexcept;
    Lease await_resume() noexcept;

   private:
    friend class PipePool;
    template <class T, class Tag>
    friend class IntrusiveList;

    void expire() noexcept override;

    PipePool& pool_;
    const uint64_t timeout_ms_;
    Lease lease_;
  };

  // True when pipes are so few that one should not be kept by who cannot use it now.
  bool scarce() const noexcept { return in_use_ * 2 > count_; }

  // True when somebody waits for a pipe.
  bool wanted() const noexcept { return !waiting_.empty(); }

  uint32_t in_use() const noexcept { return in_use_; }

 private:
  // Empty when all are in use, or the system refuses another one.
  Lease try_acquire() noexcept;
  void give_back(Pipe pipe) noexcept;
  bool discard_contents(Pipe& pipe) noexcept;

  Reactor& reactor_;
  const uint32_t count_;
  const uint32_t bytes_each_;
  uint32_t in_use_ = 0;
  std::vector<Pipe> free_;
  UniqueFd null_device_;  // where unwanted bytes go, still without being copied
  IntrusiveList<Acquire, Acquire> waiting_;
};

}  // namespace sluice
