#include "io/pipe_pool.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace sluice {

namespace {

// Empty on failure.
Pipe make_pipe(uint32_t bytes) noexcept {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return {};
  Pipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  const uint32_t smallest = std::min(bytes, PipePool::kSmallestBytes);
  // EPERM: more than pipe-max-size, or beyond pipe-user-pages-soft, allows (pipe(7)).
  int capacity = -1;
  for (; capacity < 0 && bytes >= smallest; bytes /= 2) {
    capacity = fcntl(ends[1], F_SETPIPE_SZ, bytes);
  }
  if (capacity < 0) capacity = fcntl(ends[1], F_GETPIPE_SZ);
  if (capacity < 0 || static_cast<uint32_t>(capacity) < smallest) return {};
  pipe.capacity_bytes = static_cast<uint32_t>(capacity);
  return pipe;
}

}  // namespace

PipePool::PipePool(Reactor& reactor, uint32_t count, uint32_t bytes_each, Counter& in_use)
    : reactor_(reactor),
      count_(count),
      bytes_each_(bytes_each),
      in_use_(in_use),
      null_device_(open("/dev/null", O_WRONLY | O_CLOEXEC)) {
  if (!null_device_) throw std::system_error(errno, std::system_category(), "/dev/null");
  free_.reserve(count);
}

PipePool::~PipePool() {
  SLUICE_ASSERT(in_use() == 0);
  reactor_.timers().cancel(*this);
}

PipePool::Lease PipePool::try_acquire() noexcept {
  if (!free_.empty()) {
    Lease lease(this, std::move(free_.back()));
    free_.pop_back();
    least_free_count_ = std::min(least_free_count_, free_.size());
    in_use_.increment();
    return lease;
  }
  if (in_use() == count_ || reactor_.now_ms() < refused_until_ms_) return {};
  Pipe pipe = make_pipe(bytes_each_);
  if (!pipe.read_end) {
    refused_until_ms_ = reactor_.now_ms() + kRefusalMs;
    return {};
  }
  in_use_.increment();
  return {this, std::move(pipe)};
}

bool PipePool::discard_contents(Pipe& pipe) noexcept {
  while (pipe.bytes_inside > 0) {
    const ssize_t gone = splice(pipe.read_end.get(), nullptr, null_device_.get(), nullptr,
                                pipe.bytes_inside, SPLICE_F_NONBLOCK);
    if (gone <= 0) return false;
    pipe.bytes_inside -= static_cast<uint32_t>(gone);
  }
  return true;
}

void PipePool::give_back(Pipe pipe) noexcept {
  in_use_.decrement();
  // One that cannot be trusted to be empty goes.
  if (discard_contents(pipe)) free_.push_back(std::move(pipe));
  if (!set()) reactor_.set_timer(*this, kIdleMs);
}

void PipePool::expire() noexcept {
  free_.erase(free_.begin(), free_.begin() + static_cast<std::ptrdiff_t>(least_free_count_));
  least_free_count_ = free_.size();
  if (!free_.empty()) reactor_.set_timer(*this, kIdleMs);
}

void PipePool::Lease::release() noexcept {
  if (pool_ != nullptr) std::exchange(pool_, nullptr)->give_back(std::move(pipe_));
}

}  // namespace sluice
