#include "ring/probe_ring.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include "ring/kernel_ring.h"

namespace sluice {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience(5);

// Where memory for rings is scarce, that of the ring before is given back a moment after it was
// closed.
constexpr int kAttempts = 20;
constexpr std::chrono::milliseconds kPause(5);

__kernel_timespec time_until(steady_clock::time_point end) noexcept {
  const auto left = std::max(std::chrono::nanoseconds(end - steady_clock::now()).count(), 0L);
  return {.tv_sec = left / 1'000'000'000, .tv_nsec = left % 1'000'000'000};
}

}  // namespace

ProbeRing::ProbeRing(unsigned submission_entries, unsigned completion_entries) noexcept
    : started_(start(submission_entries, completion_entries)) {}

ProbeRing::~ProbeRing() {
  if (created_) io_uring_queue_exit(&ring_);
}

Result<void> ProbeRing::start(unsigned submission_entries, unsigned completion_entries) noexcept {
  int result = -ENOMEM;
  for (int attempt = 0; attempt < kAttempts && result == -ENOMEM; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(kPause);
    io_uring_params params{};
    params.flags = ring_setup_flags();
    params.cq_entries = completion_entries;
    result = io_uring_queue_init_params(submission_entries, &ring_, &params);
  }
  if (result < 0) return std::unexpected(error_from_errno(-result, "io_uring_setup"));
  created_ = true;
  result = io_uring_enable_rings(&ring_);
  if (result < 0) return std::unexpected(error_from_errno(-result, "io_uring_register"));
  result = io_uring_get_events(&ring_);
  if (result < 0) return std::unexpected(error_from_errno(-result, "io_uring_enter"));
  return {};
}

io_uring_sqe& ProbeRing::prepare(uint64_t user_data) noexcept {
  io_uring_sqe* entry = started_ ? io_uring_get_sqe(&ring_) : nullptr;
  if (entry == nullptr) return unused_;
  io_uring_sqe_set_data64(entry, user_data);
  return *entry;
}

Result<Completion> ProbeRing::wait(const char* operation, uint64_t user_data) noexcept {
  if (!started_) return std::unexpected(started_.error());
  const steady_clock::time_point end = steady_clock::now() + kPatience;
  while (steady_clock::now() < end) {
    __kernel_timespec timeout = time_until(end);
    io_uring_cqe* entry = nullptr;
    const int result = io_uring_submit_and_wait_timeout(&ring_, &entry, 1, &timeout, nullptr);
    if (result < 0 && result != -ETIME && result != -EINTR) {
      return std::unexpected(error_from_errno(-result, "io_uring_enter"));
    }
    while (io_uring_peek_cqe(&ring_, &entry) == 0) {
      const uint64_t completed = io_uring_cqe_get_data64(entry);
      Completion completion{};
      completion.result = entry->res;
      completion.flags = entry->flags;
      io_uring_cqe_seen(&ring_, entry);
      if (completed != user_data) continue;
      if (completion.result >= 0) return completion;
      return std::unexpected(error_from_errno(-completion.result, operation));
    }
  }
  return std::unexpected(error_from_errno(ETIME, operation));
}

Result<void> ProbeRing::provide(const ReceiveBuffers& buffers) noexcept {
  if (!started_) return started_;
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uint64_t>(buffers.shared_ring());
  registration.ring_entries = buffers.count();
  registration.bgid = ReceiveBuffers::kGroup;
  const int result = io_uring_register_buf_ring(&ring_, &registration, 0);
  if (result < 0) return std::unexpected(error_from_errno(-result, "io_uring_register_buf_ring"));
  return {};
}

}  // namespace sluice
