// The pipes that file data travels through.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <sluice/unique_fd.h>

#include "base/counter.h"
#include "runtime/reactor.h"

namespace sluice {

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
  uint32_t capacity_bytes = 0;
  uint32_t bytes_inside = 0;  // kept by whoever splices
};

// A bounded number of pipes, made when they are needed and kept as long as they are used. Nobody
// waits for one: there are other ways for a file. A pipe enters the pool empty: bytes left inside
// are thrown away first, or the next client would receive them.
//
// Not thread-safe: one a shard. Must outlive its leases.
class PipePool : private Timer {
 public:
  // A pipe that holds less is not worth its system calls, unless all are to be that small.
  static constexpr uint32_t kSmallestBytes = 64 * 1024;
  // Once the system has refused a pipe of that size, or any, it is asked again after this time.
  static constexpr uint64_t kRefusalMs = 1'000;
  // Pipes that nobody has needed are closed after between once and twice this time.
  static constexpr uint64_t kIdleMs = 500;

  // `count` pipes at the most; each holds `bytes_each` (fcntl(2), F_SETPIPE_SZ), or less, but
  // kSmallestBytes, where the system refuses that. `in_use` says how many are on loan.
  PipePool(Reactor& reactor, uint32_t count, uint32_t bytes_each, Counter& in_use);
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

  // Empty when all are in use, or the system refuses another one.
  Lease try_acquire() noexcept;

  // True when pipes are so few that one should not be kept by who cannot use it now.
  bool scarce() const noexcept { return in_use() * 2 > count_; }

  uint32_t in_use() const noexcept { return static_cast<uint32_t>(in_use_.value()); }

 private:
  void give_back(Pipe pipe) noexcept;
  void expire() noexcept override;
  bool discard_contents(Pipe& pipe) noexcept;

  Reactor& reactor_;
  const uint32_t count_;
  const uint32_t bytes_each_;
  Counter& in_use_;
  std::vector<Pipe> free_;       // the one that was used last is the next to be used
  size_t least_free_count_ = 0;  // since the timer was set: so many have not been needed
  uint64_t refused_until_ms_ = 0;
  UniqueFd null_device_;  // where unwanted bytes go, still without being copied
};

}  // namespace sluice
