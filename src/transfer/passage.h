// A call of transfer() while it is under way.
#pragma once

#include <cstdint>
#include <expected>

#include <sluice/transfer.h>

#include "runtime/task.h"
#include "transfer/readiness.h"
#include "transfer/transfer_bounds.h"
#include "transfer/transfer_context.h"

namespace sluice {

struct EndFailure {
  Error error;
  TransferEnd end;
};

template <class T>
using Outcome = std::expected<T, EndFailure>;

// What the two ends and the pumps between them share. Not thread-safe.
class Passage {
 public:
  // How many bytes may pass, and in how many moves, before everybody else on this thread has a
  // turn. The latter also unwinds the stack, which grows where compilers make no tail calls.
  static constexpr uint64_t kTurnBytes = 1024 * 1024;
  static constexpr unsigned kTurnMoves = 64;

  // All of these outlive this.
  Passage(TransferContext& context, const TransferBounds& bounds,
          const TransferOptions& options) noexcept
      : context_(context), bounds_(bounds), options_(options) {}
  Passage(const Passage&) = delete;
  Passage& operator=(const Passage&) = delete;

  TransferContext& context() noexcept { return context_; }
  Reactor& reactor() noexcept { return context_.reactor; }
  DirectCalls& direct() noexcept { return context_.reactor.ring().direct(); }
  const TransferBounds& bounds() const noexcept { return bounds_; }
  bool one_time() const noexcept { return options_.one_time; }
  bool tells_progress() const noexcept { return options_.progress.told(); }

  // The route that is wanted; kAuto after unsuitable().
  Route route() const noexcept { return route_; }
  // The route that was wanted is not for these ends, between which `bytes` are to pass, or
  // kToTheEnd: counts that, once for each part, and not where nothing passes.
  void unsuitable(uint64_t bytes) noexcept;
  // What comes now may be suited to the route that was wanted, whatever came before.
  void next_part() noexcept { route_ = options_.route; }
  // Counts the transfer as one of `route`, unless it has been counted before.
  void begins_by(Route route) noexcept;

  // For a part of the transfer that somebody else does: what is left of the time. It tells no
  // progress.
  TransferOptions options_of_part() const noexcept;

  uint64_t moved() const noexcept { return moved_; }

  // So many bytes have reached the sink; they are counted as moved by `route`, unless a route has
  // counted them itself.
  void reached_sink(uint64_t bytes);
  void reached_sink(uint64_t bytes, Route route);

  // What is written now has been in the memory of the program all along.
  void set_in_memory(bool in_memory) noexcept { in_memory_ = in_memory; }

  // kNeither where it is a deadline or a cancellation that makes `end` fail.
  std::unexpected<EndFailure> failure(Error error, TransferEnd end) const noexcept;

  // Waits until `end` can take or give something.
  Task<Outcome<void>> wait_for(Readiness& readiness, unsigned events, TransferEnd end) noexcept;

  // Between two moves: whether the transfer may go on, after others have had a turn where one is
  // due.
  Task<Outcome<void>> go_on() noexcept;

 private:
  TransferContext& context_;
  const TransferBounds& bounds_;
  const TransferOptions& options_;
  Route route_ = options_.route;
  bool counted_ = false;
  bool in_memory_ = false;
  uint64_t moved_ = 0;
  uint64_t turn_bytes_ = 0;  // since others had one
  unsigned turn_moves_ = 0;
};

}  // namespace sluice
