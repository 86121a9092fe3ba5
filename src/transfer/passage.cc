#include "transfer/passage.h"

#include "runtime/yield.h"

namespace sluice {

void Passage::unsuitable(uint64_t bytes) noexcept {
  if (bytes > 0) context_.counters.fell_back(Fallback::kUnsuitableEnds);
  route_ = Route::kAuto;
}

void Passage::begins_by(Route route) noexcept {
  if (counted_) return;
  counted_ = true;
  context_.counters.of(route).transfers.increment();
}

TransferOptions Passage::options_of_part() const noexcept {
  TransferOptions part;
  part.deadline_ms = bounds_.left_ms();
  part.cancellation = options_.cancellation;
  return part;
}

void Passage::reached_sink(uint64_t bytes) {
  if (bytes == 0) return;
  moved_ += bytes;
  turn_bytes_ += bytes;
  options_.progress(moved_);
}

void Passage::reached_sink(uint64_t bytes, Route route) {
  context_.counters.of(route).bytes.add(bytes);
  if (route == Route::kCopy && !in_memory_) context_.counters.copied_body_bytes.add(bytes);
  reached_sink(bytes);
}

std::unexpected<EndFailure> Passage::failure(Error error, TransferEnd end) const noexcept {
  return std::unexpected(
      EndFailure{error, bounds_.are_reason_for(error) ? TransferEnd::kNeither : end});
}

Task<Outcome<void>> Passage::wait_for(Readiness& readiness, unsigned events,
                                      TransferEnd end) noexcept {
  turn_bytes_ = 0;
  turn_moves_ = 0;
  Task<Result<Readiness::Wake>> waiting = readiness.wait(events);
  const Result<Readiness::Wake> ready = co_await waiting;
  if (!ready) co_return failure(ready.error(), end);
  co_return Outcome<void>();
}

Task<Outcome<void>> Passage::go_on() noexcept {
  if (turn_bytes_ >= kTurnBytes || ++turn_moves_ >= kTurnMoves) {
    turn_bytes_ = 0;
    turn_moves_ = 0;
    Yield yield(context_.reactor);
    co_await yield;
  }
  if (const Result<void> checked = bounds_.check(); !checked) {
    co_return failure(checked.error(), TransferEnd::kNeither);
  }
  co_return Outcome<void>();
}

}  // namespace sluice
