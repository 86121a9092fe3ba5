#include "ring/kernel_ring.h"

#include <sched.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "ring/refusal.h"

namespace sluice {

namespace {

constexpr int kSetupRetries = 20;
constexpr std::chrono::milliseconds kSetupPause(50);

}  // namespace

unsigned ring_setup_flags() noexcept {
  return IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
         IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED;
}

KernelRing::KernelRing(const RingOptions& options)
    : receive_buffers_(options.receive_buffer_count, options.receive_buffer_bytes),
      blocking_workers_(options.blocking_workers) {
  io_uring_params params{};
  params.flags = ring_setup_flags();
  params.cq_entries = options.completion_entries;
  int failed = io_uring_queue_init_params(options.submission_entries, &ring_, &params);
  // What a server that has just ended had locked (RLIMIT_MEMLOCK) is given back a little later.
  for (int attempt = 0; failed == -ENOMEM && attempt < kSetupRetries; ++attempt) {
    std::this_thread::sleep_for(kSetupPause);
    failed = io_uring_queue_init_params(options.submission_entries, &ring_, &params);
  }
  if (failed < 0) {
    const Error error = error_from_errno(-failed, "io_uring_setup");
    throw StartError(StartError::Kind::kSystem, "", explain_refusal(error));
  }
}

KernelRing::~KernelRing() { io_uring_queue_exit(&ring_); }

Result<void> KernelRing::enable() noexcept {
  const auto refused = [](int result, const char* operation) {
    return std::unexpected(error_from_errno(-result, operation));
  };
  if (int result = io_uring_enable_rings(&ring_); result < 0) {
    return refused(result, "io_uring_register");
  }
  // Enters the ring once: a filter that forbids just that is noticed here, and not while serving.
  if (int result = io_uring_get_events(&ring_); result < 0) {
    return refused(result, "io_uring_enter");
  }
  // Saves a descriptor look-up an enter; a kernel without it works all the same.
  io_uring_register_ring_fd(&ring_);

  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uint64_t>(receive_buffers_.shared_ring());
  registration.ring_entries = receive_buffers_.count();
  registration.bgid = ReceiveBuffers::kGroup;
  if (int result = io_uring_register_buf_ring(&ring_, &registration, 0); result < 0) {
    return refused(result, "io_uring_register_buf_ring");
  }

  unsigned workers[2] = {blocking_workers_, blocking_workers_};
  if (int result = io_uring_register_iowq_max_workers(&ring_, workers); result < 0) {
    return refused(result, "io_uring_register_iowq_max_workers");
  }
  // Workers follow the shard: waking one elsewhere costs more than the work it does.
  cpu_set_t processors;
  if (sched_getaffinity(0, sizeof processors, &processors) == 0) {
    io_uring_register_iowq_aff(&ring_, sizeof processors, &processors);
  }
  return {};
}

io_uring_sqe& KernelRing::next_entry() noexcept {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  while (entry == nullptr) {
    // The queue is full in mid-turn: hand over what is there, wait for nothing.
    io_uring_submit(&ring_);
    entry = io_uring_get_sqe(&ring_);
  }
  return *entry;
}

void KernelRing::reserve(unsigned entry_count) noexcept {
  while (io_uring_sq_space_left(&ring_) < entry_count) io_uring_submit(&ring_);
}

io_uring_sqe& KernelRing::prepare(Operation& operation, unsigned part) noexcept {
  io_uring_sqe& entry = next_entry();
  const uint64_t user_data =
      operation.in_flight() ? operation.user_data() : operation.begin(++generation_);
  io_uring_sqe_set_data64(&entry, user_data | part);
  return entry;
}

io_uring_sqe& KernelRing::prepare_unattended() noexcept {
  io_uring_sqe& entry = next_entry();
  io_uring_sqe_set_data64(&entry, 0);
  return entry;
}

void KernelRing::submit_and_wait(uint64_t timeout_ms) noexcept {
  int result;
  if (timeout_ms == 0) {
    result = io_uring_submit_and_get_events(&ring_);
  } else if (timeout_ms == kNever) {
    result = io_uring_submit_and_wait(&ring_, 1);
  } else {
    __kernel_timespec timeout{.tv_sec = static_cast<int64_t>(timeout_ms / 1000),
                              .tv_nsec = static_cast<long long>(timeout_ms % 1000) * 1'000'000};
    io_uring_cqe* first = nullptr;
    result = io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr);
  }
  // EBUSY and EAGAIN: the kernel wants its completions taken first, which drain() is about to do.
  SLUICE_CHECK(result >= 0 || result == -ETIME || result == -EINTR || result == -EBUSY ||
               result == -EAGAIN);
}

void KernelRing::drain() noexcept {
  unsigned head;
  unsigned seen = 0;
  io_uring_cqe* entry;
  io_uring_for_each_cqe(&ring_, head, entry) {
    ++seen;
    const uint64_t user_data = io_uring_cqe_get_data64(entry);
    if (user_data == 0) continue;  // unattended
    Operation::dispatch(user_data, entry->res, entry->flags);
  }
  io_uring_cq_advance(&ring_, seen);
}

uint64_t KernelRing::now_ms() noexcept {
  using std::chrono::steady_clock;
  const auto now = steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace sluice
