// One of those who get what a file gets.
#pragma once

#include <cstdint>

#include <sluice/transfer.h>

#include "io/pipe_pool.h"
#include "runtime/event.h"
#include "runtime/gate.h"
#include "runtime/task.h"
#include "transfer/bounded_readiness.h"
#include "transfer/fan_out_file.h"
#include "transfer/transfer_context.h"

namespace sluice {

// Keeps pace for as long as its pipe takes what it is offered, and is sent that without a look at
// the file. Once it falls behind, which it does for good, it is sent the rest out of the file. So
// does one that has no pipe, or has not taken what its pipe holds for some time: then it gives the
// pipe back.
class Follower {
 public:
  // All of these outlive this, and bounds.cancellation() is not null.
  Follower(TransferContext& context, const TransferBounds& bounds, const FanOutFile& file,
           Sink sink) noexcept;

  // Sends until everything was sent or something has failed. Starts at once; holds a pass of
  // `followers`, and this must live until it is over.
  Detached run(Gate& followers);

  // What `pipe` holds comes next in the file. Takes it by tee(2), as far as it can.
  void offer(const Pipe& pipe) noexcept;

  // Nothing will be offered: all that comes is to be had from the file.
  void follow_file_only() noexcept {
    keeps_pace_ = false;
    pipe_.release();
    notify();
  }

  // The file has changed.
  void notify() noexcept { changed_.notify(); }

  // REQUIRES: run() is over.
  TransferResult& result() noexcept { return result_; }

 private:
  Task<TransferResult> follow();
  // Each of these does one thing, and may wait for it.
  Task<Result<void>> drain_pipe() noexcept;
  Task<Result<void>> send_from_file();

  bool holds_bytes() noexcept { return pipe_ && (*pipe_).bytes_inside > 0; }
  std::unexpected<TransferError> failed(Error error, TransferEnd end) const noexcept;

  TransferContext& context_;
  const TransferBounds& bounds_;
  const FanOutFile& file_;
  const Sink sink_;
  Event changed_;
  BoundedReadiness readiness_;  // of the sink, where that is a socket or a pipe
  PipePool::Lease pipe_;
  bool keeps_pace_;  // true exactly when the pipe was offered, and took, everything so far
  uint64_t sent_ = 0;
  TransferEnd failed_end_ = TransferEnd::kSink;
  TransferResult result_;
};

}  // namespace sluice
