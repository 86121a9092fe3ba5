#include "io/pipe_pool.h"

#include <fcntl.h>

#include <system_error>

namespace sluice {

namespace {

constexpr uint32_t kSmallestBytes = 64 * 1024;

// Empty on failure.
Pipe make_pipe(uint32_t bytes) noexcept {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return {};
  Pipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  // EPERM: more than pipe-max-size, or beyond pipe-user-pages-soft, allows (pipe(7)).
  int capacity = -1;
  for (; capacity < 0 && bytes >= kSmallestBytes; bytes /= 2) {
    capacity = fcntl(ends[1], F_SETPIPE_SZ, bytes);
  }
  if (capacity < 0) capacity = fcntl(ends[1], F_GETPIPE_SZ);
  if (capacity < 0) return {};
  pipe.capacity_bytes = static_cast<uint32_t>(capacity);
  return pipe;
}

}  // namespace

PipePool::PipePool(Reactor& reactor, uint32_t count, uint32_t bytes_each)
    : reactor_(reactor),
      count_(count),
      bytes_each_(bytes_each),
      null_device_(open("/dev/null", O_WRONLY | O_CLOEXEC)) {
  if (!null_device_) throw std::system_error(errno, std::system_category(), "/dev/null");
  free_.reserve(count);
  // One at least is there from the start: who waits for a pipe waits for one that exists.
  Pipe first = make_pipe(bytes_each_);
  if (!first.read_end) throw std::system_error(errno, std::system_category(), "pipe2");
  free_.push_back(std::move(first));
}

PipePool::~PipePool() { SLUICE_ASSERT(in_use_ == 0); }

PipePool::Lease PipePool::try_acquire() noexcept {
  if (!free_.empty()) {
    Lease lease(this, std::move(free_.back()));
    free_.pop_back();
    ++in_use_;
    return lease;
  }
  if (in_use_ == count_) return {};
  Pipe pipe = make_pipe(bytes_each_);
  if (!pipe.read_end) return {};  // out of descriptors: one of the others must do
  ++in_use_;
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
  if (!discard_contents(pipe)) {
    // It cannot be trusted to be empty, so it goes; a new one takes its place if one can be had.
    const uint32_t bytes = bytes_each_;
    pipe = Pipe();
    pipe = make_pipe(bytes);
    if (!pipe.read_end) {
      --in_use_;
      return;
    }
  }
  if (waiting_.empty()) {
    --in_use_;
    free_.push_back(std::move(pipe));
    return;
  }
  Acquire& next = waiting_.pop_front();
  next.lease_ = Lease(this, std::move(pipe));
  reactor_.make_ready(next);
}

void PipePool::Lease::release() noexcept {
  if (pool_ != nullptr) std::exchange(pool_, nullptr)->give_back(std::move(pipe_));
}

void PipePool::Acquire::await_suspend(std::coroutine_handle<> awaiting) noexcept {
  coroutine = awaiting;
  pool_.waiting_.push_back(*this);
  pool_.reactor_.set_timer(*this, timeout_ms_);
}

PipePool::Lease PipePool::Acquire::await_resume() noexcept {
  pool_.reactor_.timers().cancel(*this);
  return std::move(lease_);
}

void PipePool::Acquire::expire() noexcept {
  if (lease_) return;  // given one in this very turn
  static_cast<ListNode<Acquire>*>(this)->unlink();
  pool_.reactor_.make_ready(*this);
}

}  // namespace sluice
