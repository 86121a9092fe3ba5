#include "transfer/zero_copy_route.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>

#include "io/deadline.h"
#include "io/zero_copy_send.h"
#include "transfer/mapped_file.h"

namespace sluice {

namespace {

// How often a transfer that waits for acknowledgements looks whether it has been ended.
constexpr uint64_t kLookMs = 100;

class Reminder final : private Timer {
 public:
  Reminder(Reactor& reactor, ZeroCopySend& send) noexcept : reactor_(reactor), send_(send) {
    reactor.set_timer(*this, kLookMs);
  }
  ~Reminder() { reactor_.timers().cancel(*this); }
  Reminder(const Reminder&) = delete;
  Reminder& operator=(const Reminder&) = delete;

 private:
  void expire() noexcept override { send_.notify(); }

  Reactor& reactor_;
  ZeroCopySend& send_;
};

// What the kernel still refers to, oldest first: enough for the next part to be on its way while
// the peer acknowledges the one before.
class SendsUnderWay {
 public:
  explicit SendsUnderWay(OutgoingFile& file) noexcept : file_(file) {}

  bool full() const noexcept { return count_ == sends_.size(); }

  // REQUIRES: not full().
  ZeroCopySend& start(std::span<char> part) noexcept {
    const bool last = part.size() == file_.left.length_bytes && !file_.more_follows;
    return sends_[(first_ + count_++) % sends_.size()].emplace(
        file_.context.reactor, file_.sink.fd(), file_.head, part, last ? 0 : MSG_MORE);
  }

  // Waits until the kernel has let go of the oldest. The peer must acknowledge some bytes in time,
  // again and again, else it is reset, as it is when the transfer is ended from outside: then the
  // kernel lets go at once.
  Task<Result<void>> release_oldest() noexcept;

  // The same for all. `over`: no peer is waited for any more.
  Task<Result<void>> release_all(bool over) noexcept;

 private:
  OutgoingFile& file_;
  std::array<std::optional<ZeroCopySend>, 4> sends_;
  size_t first_ = 0;
  size_t count_ = 0;
};

Task<Result<void>> SendsUnderWay::release_oldest() noexcept {
  ZeroCopySend& send = *sends_[first_];
  Readiness& sink = file_.sink;
  Deadline deadline(file_.context.reactor, sink.fd());
  deadline.arm_progress(file_.context.limits.send_progress_timeout_ms);
  Result<void> ended;
  while (!send.released()) {
    if (ended) {
      ended = sink.check();
      if (!ended) reset_connection(sink.fd());
    }
    const Reminder reminder(file_.context.reactor, send);
    co_await send.changed();
  }
  if (send.copied()) file_.context.counters.zero_copy_copied.increment();
  sends_[first_].reset();
  first_ = (first_ + 1) % sends_.size();
  --count_;
  if (deadline.passed() && ended) {
    ended = std::unexpected(Error{ErrorCode::kTimedOut, ETIME, "sendmsg"});
  }
  co_return ended;
}

Task<Result<void>> SendsUnderWay::release_all(bool over) noexcept {
  if (over && count_ > 0) reset_connection(file_.sink.fd());
  Result<void> ended;
  while (count_ > 0) {
    Task<Result<void>> releasing = release_oldest();
    const Result<void> released = co_await releasing;
    if (ended) ended = released;
  }
  co_return ended;
}

bool refused(int result) noexcept {
  return result == -EOPNOTSUPP || result == -ENOMEM || result == -ENOBUFS || result == -EINVAL;
}

// Maps, brings into memory and makes room for what is to be sent next. False: it cannot be mapped.
Task<Result<bool>> get_ready(MappedFile& mapped, SendsUnderWay& sends) noexcept {
  if (!mapped.reaches_next()) {
    Task<Result<void>> releasing = sends.release_all(false);
    if (const Result<void> ended = co_await releasing; !ended) {
      co_return std::unexpected(ended.error());
    }
    if (!mapped.map_next()) co_return false;
  }
  if (sends.full()) {
    Task<Result<void>> releasing = sends.release_oldest();
    if (const Result<void> ended = co_await releasing; !ended) {
      co_return std::unexpected(ended.error());
    }
  }
  if (!mapped.next_is_resident()) {
    Task<Result<void>> populating = mapped.make_next_resident();
    if (const Result<void> populated = co_await populating; !populated) {
      co_return std::unexpected(populated.error());
    }
  }
  co_return true;
}

Task<Result<RouteEnd>> pump(OutgoingFile& file, MappedFile& mapped, SendsUnderWay& sends) noexcept {
  while (!file.done()) {
    Task<Result<bool>> preparing = get_ready(mapped, sends);
    const Result<bool> ready = co_await preparing;
    if (!ready) co_return std::unexpected(ready.error());
    if (!*ready) co_return RouteEnd::kNoMapping;

    const std::span<char> part = mapped.next();
    const size_t wanted = file.head.size() + part.size();
    ZeroCopySend& send = sends.start(part);
    while (!send.has_result()) co_await send.changed();
    const int sent = send.result();
    if (refused(sent)) {
      file.context.counters.fell_back(Fallback::kNoZeroCopy);
      co_return RouteEnd::kUnsuitable;
    }
    if (sent == -EFAULT) co_return std::unexpected(mapped.fault());
    if (sent < 0 && sent != -EAGAIN && sent != -EINTR) {
      co_return std::unexpected(file.sink.error(-sent, "sendmsg"));
    }
    if (sent > 0) file.sent(static_cast<size_t>(sent), Route::kZeroCopySend);
    if (const Result<void> looked = file.look_again(); !looked) {
      co_return std::unexpected(looked.error());
    }
    if (file.done() || sent == static_cast<ssize_t>(wanted)) continue;
    Task<Result<void>> waiting = wait_for_room(file);
    if (const Result<void> waited = co_await waiting; !waited) {
      co_return std::unexpected(waited.error());
    }
  }
  co_return RouteEnd::kDone;
}

}  // namespace

Task<Result<RouteEnd>> send_by_zero_copy(OutgoingFile& file) noexcept {
  MappedFile mapped(file);
  SendsUnderWay sends(file);
  Task<Result<RouteEnd>> pumping = pump(file, mapped, sends);
  const Result<RouteEnd> pumped = co_await pumping;
  Task<Result<void>> releasing = sends.release_all(!pumped);
  const Result<void> released = co_await releasing;
  if (!pumped) co_return pumped;
  if (!released) co_return std::unexpected(released.error());
  co_return pumped;
}

}  // namespace sluice
