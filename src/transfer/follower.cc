#include "transfer/follower.h"

#include <poll.h>

#include <cerrno>
#include <exception>

namespace sluice {

namespace {

// -1 for what is no socket and no pipe.
int descriptor_of(const Sink& sink) noexcept {
  if (const auto* socket = std::get_if<Sink::Socket>(&sink.kind())) return socket->fd;
  if (const auto* pipe = std::get_if<Sink::Pipe>(&sink.kind())) return pipe->fd;
  return -1;
}

}  // namespace

Follower::Follower(TransferContext& context, const TransferBounds& bounds, const FanOutFile& file,
                   Sink sink) noexcept
    : context_(context),
      bounds_(bounds),
      file_(file),
      sink_(sink),
      changed_(context.reactor),
      readiness_(bounds, descriptor_of(sink)),
      pipe_(readiness_.fd() < 0 ? PipePool::Lease() : context.pipes.try_acquire()),
      keeps_pace_(pipe_) {}

void Follower::offer(const Pipe& pipe) noexcept {
  if (!keeps_pace_) return;
  Pipe& mine = *pipe_;
  const ssize_t taken = context_.reactor.ring().direct().tee(
      pipe.read_end.get(), mine.write_end.get(), pipe.bytes_inside);
  if (taken > 0) mine.bytes_inside += static_cast<uint32_t>(taken);
  keeps_pace_ = taken == static_cast<ssize_t>(pipe.bytes_inside);
  notify();
}

Detached Follower::run(Gate& followers) {
  const Gate::Pass pass(followers);
  try {
    Task<TransferResult> following = follow();
    result_ = co_await following;
  } catch (const std::exception&) {
    // Nothing but memory can be short here.
    result_ = failed(error_from_errno(ENOMEM, "new"), TransferEnd::kNeither);
  }
  keeps_pace_ = false;
  pipe_.release();
}

Task<TransferResult> Follower::follow() {
  while (!file_.ends_at(sent_)) {
    if (file_.failure) {
      co_return failed(file_.failure->error, file_.failure->end == TransferEnd::kNeither
                                                 ? TransferEnd::kNeither
                                                 : TransferEnd::kSource);
    }
    if (!holds_bytes() && (keeps_pace_ || sent_ >= file_.written)) {
      co_await changed_.wait();
      continue;
    }
    Task<Result<void>> sending = holds_bytes() ? drain_pipe() : send_from_file();
    const Result<void> went = co_await sending;
    if (!went && !file_.failure) co_return failed(went.error(), failed_end_);
  }
  co_return sent_;
}

Task<Result<void>> Follower::drain_pipe() noexcept {
  Pipe& pipe = *pipe_;
  const ssize_t moved = context_.reactor.ring().direct().splice(
      pipe.read_end.get(), DirectCalls::kNoOffset, readiness_.fd(), DirectCalls::kNoOffset,
      pipe.bytes_inside, 0);
  if (moved > 0) {
    pipe.bytes_inside -= static_cast<uint32_t>(moved);
    sent_ += static_cast<uint64_t>(moved);
    context_.counters.of(Route::kSplice).bytes.add(static_cast<uint64_t>(moved));
    co_return readiness_.check();
  }
  if (moved != -EAGAIN) {
    co_return std::unexpected(
        readiness_.error(moved == 0 ? EPIPE : static_cast<int>(-moved), "splice"));
  }
  const uint64_t patience_ms = context_.pipes.scarce() ? 0 : context_.limits.stalled_pipe_ms;
  Task<Result<Readiness::Wake>> waiting = readiness_.wait(POLLOUT, patience_ms);
  Result<Readiness::Wake> wake = co_await waiting;
  if (wake && *wake == Readiness::Wake::kImpatient) {
    keeps_pace_ = false;
    pipe_.release();
    Task<Result<Readiness::Wake>> longer = readiness_.wait(POLLOUT, Readiness::kPatient);
    wake = co_await longer;
  }
  if (!wake) co_return std::unexpected(wake.error());
  co_return Result<void>();
}

Task<Result<void>> Follower::send_from_file() {
  pipe_.release();
  TransferOptions options;
  options.offset = file_.offset + sent_;
  options.length = file_.written - sent_;
  options.deadline_ms = bounds_.left_ms();
  options.cancellation = bounds_.cancellation();
  Task<TransferResult> sending = transfer(Source::file(file_.fd), sink_, options);
  const TransferResult sent = co_await sending;
  sent_ += sent ? *sent : sent.error().moved;
  if (sent) co_return Result<void>();
  failed_end_ = sent.error().end;
  co_return std::unexpected(sent.error().error);
}

std::unexpected<TransferError> Follower::failed(Error error, TransferEnd end) const noexcept {
  return std::unexpected(
      TransferError{error, bounds_.are_reason_for(error) ? TransferEnd::kNeither : end, sent_});
}

}  // namespace sluice
