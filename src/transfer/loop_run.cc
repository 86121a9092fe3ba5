// A loop on the calling thread, for run().
#include <poll.h>

#include <exception>
#include <system_error>

#include <sluice/run.h>

#include "io/operations.h"
#include "io/pipe_pool.h"
#include "ring/kernel_ring.h"
#include "ring/refusal.h"
#include "runtime/broken_pipe_signal.h"
#include "runtime/mailbox.h"
#include "runtime/reactor.h"
#include "runtime/task.h"
#include "runtime/worker_pool.h"
#include "transfer/transfer_context.h"

namespace sluice {

namespace {

constexpr TransferLimits kLimits{.send_progress_timeout_ms = 30'000, .stalled_pipe_ms = 250};
constexpr uint32_t kPipeCount = 64;
constexpr uint32_t kPipeBytes = 1024 * 1024;
constexpr unsigned kWorkerCount = 1;
constexpr uint32_t kWaitingWorkCount = 256;

// Nothing is received by the ring itself here, so of its buffers there are as few as can be.
constexpr RingOptions kRingOptions{.submission_entries = 128,
                                   .completion_entries = 1024,
                                   .blocking_workers = 16,
                                   .receive_buffer_count = 1,
                                   .receive_buffer_bytes = 4096};

// What a shard is for a server, for one task.
class Loop {
 public:
  Loop()
      : ring_(kRingOptions),
        reactor_(ring_),
        pipes_(reactor_, kPipeCount, kPipeBytes, counters_.pipes_in_use),
        workers_(kWorkerCount, kWaitingWorkCount),
        context_{.reactor = reactor_,
                 .pipes = pipes_,
                 .workers = {workers_, mailbox_},
                 .limits = kLimits,
                 .thresholds = thresholds_,
                 .counters = counters_} {
    if (const Result<void> enabled = ring_.enable(); !enabled) {
      throw StartError(StartError::Kind::kSystem, "", explain_refusal(enabled.error()));
    }
  }

  std::exception_ptr run(Task<void>& work) noexcept {
    const TransferContext::Scope scope(context_);
    const BrokenPipeSignalBlocked blocked;
    take_deliveries();
    finish(work);
    reactor_.run();
    return thrown_;
  }

  const TransferCounters& counters() const noexcept { return counters_; }

 private:
  Detached finish(Task<void>& work) {
    try {
      co_await work;
    } catch (...) {
      thrown_ = std::current_exception();
    }
    mailbox_.post(Mailbox::Order::kAbort);  // wakes take_deliveries(), which is the last to end
  }

  Detached take_deliveries() {
    while (mailbox_.order() == Mailbox::Order::kRun) {
      Poll post(reactor_, mailbox_.fd(), POLLIN);
      co_await post;
      mailbox_.acknowledge();
      mailbox_.take_deliveries(reactor_);
    }
    reactor_.stop();
  }

  Mailbox mailbox_;
  KernelRing ring_;
  Reactor reactor_;
  TransferCounters counters_;
  PipePool pipes_;
  WorkerPool workers_;
  const RouteThresholds thresholds_;
  TransferContext context_;
  std::exception_ptr thrown_;
};

}  // namespace

void run_detail::run(Task<void>& work, TransferStats* stats) {
  std::exception_ptr thrown;
  try {
    Loop loop;
    thrown = loop.run(work);
    if (stats != nullptr) loop.counters().add_to(*stats);
  } catch (const std::system_error& error) {
    throw StartError(StartError::Kind::kSystem, "", error.what());
  }
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace sluice
