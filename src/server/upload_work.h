// Work on the files of uploads, on a worker.
#pragma once

#include <algorithm>
#include <cstdint>

#include <sluice/transfer.h>

#include "runtime/offload.h"
#include "runtime/reactor.h"
#include "runtime/sleep.h"
#include "runtime/task.h"
#include "transfer/transfer_context.h"

namespace sluice {

// How long work of an upload waits for a place in the queue of the workers. What a client has sent
// is not thrown away because others were done at the same moment.
inline constexpr uint64_t kUploadPatienceMs = 10'000;

// Calls `work` once on a worker, and returns true; false, without a call, where there was no place
// for kUploadPatienceMs or the server is ending. `work` outlives this. REQUIRES: as Offload.
template <class Work>
Task<bool> run_upload_work(Reactor& reactor, Workers workers, Work& work) noexcept {
  constexpr uint64_t kFirstPauseMs = 2;
  constexpr uint64_t kLongestPauseMs = 64;
  const uint64_t give_up_ms = reactor.now_ms() + kUploadPatienceMs;
  for (uint64_t pause_ms = kFirstPauseMs;; pause_ms = std::min(2 * pause_ms, kLongestPauseMs)) {
    Offload working(workers, [&work](const std::stop_token&) { work(); });
    if (const bool done = co_await working; done) co_return true;
    const TransferContext* const context = TransferContext::current();
    const bool ending =
        context != nullptr && context->ending != nullptr && context->ending->cancelled();
    if (ending || reactor.now_ms() >= give_up_ms) co_return false;
    Sleep pause(reactor, pause_ms);
    co_await pause;
  }
}

}  // namespace sluice
