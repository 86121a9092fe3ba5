// transfer() from outside a loop, and what it counts.
#pragma once

#include <cstdint>
#include <utility>

#include <sluice/run.h>
#include <sluice/stats.h>
#include <sluice/transfer.h>

namespace sluice {

inline Task<TransferResult> call(Source source, Sink sink, TransferOptions options) {
  Task<TransferResult> moving = transfer(std::move(source), sink, options);
  co_return co_await moving;
}

inline TransferResult call_now(const Source& source, const Sink& sink, TransferOptions options = {},
                               TransferStats* stats = nullptr) {
  return run(call(source, sink, options), stats);
}

inline uint64_t fallbacks(const TransferStats& stats, Fallback reason) {
  return stats.fallbacks[static_cast<size_t>(reason)];
}

inline uint64_t bytes_by(const TransferStats& stats, Route route) {
  return stats.routes[static_cast<size_t>(route)].bytes;
}

}  // namespace sluice
