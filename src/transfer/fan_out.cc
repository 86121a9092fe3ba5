#include <deque>
#include <exception>
#include <new>

#include <sluice/request.h>
#include <sluice/transfer.h>

#include "transfer/fan_out_feed.h"
#include "transfer/open_sink.h"

namespace sluice {

namespace {

// Is cancelled when the caller cancels, and when there is nothing left to go on for.
class LinkedCancellation final : private Cancellation::Waiter {
 public:
  explicit LinkedCancellation(Cancellation* outer) noexcept : outer_(outer) {
    if (outer == nullptr) return;
    if (outer->cancelled()) own_.cancel();
    outer->add(*this);
  }
  LinkedCancellation(const LinkedCancellation&) = delete;
  LinkedCancellation& operator=(const LinkedCancellation&) = delete;
  ~LinkedCancellation() {
    if (outer_ != nullptr) outer_->remove(*this);
  }

  Cancellation& own() noexcept { return own_; }

 private:
  void cancelled() noexcept override { own_.cancel(); }

  Cancellation* const outer_;
  Cancellation own_;
};

struct FanOut {
  FanOut(TransferContext& context_of_thread, const TransferOptions& wanted,
         const Sink::File& sink) noexcept
      : context(context_of_thread),
        options(wanted),
        cancellation(wanted.cancellation),
        bounds(context, wanted.deadline_ms, &cancellation.own()),
        file{.fd = sink.fd, .offset = sink.offset, .length = wanted.length},
        following(context.reactor) {}

  TransferContext& context;
  const TransferOptions& options;
  LinkedCancellation cancellation;
  TransferBounds bounds;
  FanOutFile file;
  std::deque<Follower> followers;
  Gate following;

  void notify_followers() noexcept {
    for (Follower& follower : followers) follower.notify();
  }
};

constexpr Error kUnsuitableSink{ErrorCode::kUnsupported, 0, "fan_out"};
constexpr Error kNoLoop{ErrorCode::kUnsupported, 0, "no loop on this thread"};

// As transfer() does: an end that blocks would block everybody on this thread.
Result<void> check_sink(FanOut& all, const Sink& sink) noexcept {
  Passage passage(all.context, all.bounds, all.options);
  OpenSink open;
  const Outcome<void> opened = open_sink(passage, sink, open);
  if (!opened) return std::unexpected(opened.error().error);
  return {};
}

Result<void> check_follower(FanOut& all, const Sink& sink) noexcept {
  const bool suitable = std::holds_alternative<Sink::Socket>(sink.kind()) ||
                        std::holds_alternative<Sink::Pipe>(sink.kind()) ||
                        std::holds_alternative<Sink::Stream>(sink.kind());
  if (!suitable) return std::unexpected(kUnsuitableSink);
  return check_sink(all, sink);
}

void start_followers(FanOut& all, const std::vector<Sink>& sinks) {
  for (const Sink& sink : sinks) {
    all.followers.emplace_back(all.context, all.bounds, all.file, sink);
  }
  for (size_t i = 0; i < sinks.size(); ++i) {
    Follower& follower = all.followers[i];
    TransferError error{kUnsuitableSink, TransferEnd::kSink};
    try {
      const Result<void> checked = check_follower(all, sinks[i]);
      if (checked) {
        follower.run(all.following);
        continue;
      }
      error.error = checked.error();
    } catch (const std::bad_alloc&) {
      error = {error_from_errno(ENOMEM, "new"), TransferEnd::kNeither};
    }
    follower.result() = std::unexpected(error);
  }
}

// Bytes that pass this process anyway, or are in a file: followers have them from there.
Task<TransferResult> feed_by_transfer(FanOut& all, Source source) {
  for (Follower& follower : all.followers) follower.follow_file_only();
  auto noting = [&all](uint64_t bytes) {
    all.file.written = bytes;
    all.notify_followers();
    all.options.progress(bytes);
  };
  TransferOptions options = all.options;
  options.progress = Progress(noting);
  options.deadline_ms = all.bounds.left_ms();
  options.cancellation = all.bounds.cancellation();
  Task<TransferResult> moving =
      transfer(std::move(source), Sink::file(all.file.fd, all.file.offset), options);
  TransferResult moved = co_await moving;
  if (moved) all.file.written = *moved;
  co_return moved;
}

Task<TransferResult> feed_by_pipe(FanOut& all, const Source& source, PipePool::Lease pipe) {
  Passage passage(all.context, all.bounds, all.options);
  FanOutFeed feed(passage, all.file, all.followers, std::move(pipe));
  Outcome<void> fed;
  if (const auto* content = std::get_if<Source::Content>(&source.kind())) {
    Task<Outcome<void>> feeding = feed.take(content->content->reader());
    fed = co_await feeding;
  } else {
    const auto* socket = std::get_if<Source::Socket>(&source.kind());
    const int fd = socket != nullptr ? socket->fd : std::get<Source::Pipe>(source.kind()).fd;
    const Result<void> checked =
        socket != nullptr ? check_socket(fd) : check_pipe(fd, Access::kRead);
    if (!checked) co_return std::unexpected(TransferError{checked.error(), TransferEnd::kSource});
    BoundedReadiness readiness(all.bounds, fd);
    StreamSource stream(
        passage, readiness,
        socket != nullptr ? StreamSource::Kind::kSocket : StreamSource::Kind::kPipe);
    Task<Outcome<void>> feeding = feed.take(stream);
    fed = co_await feeding;
  }
  const Route asked = all.options.route;
  if (asked != Route::kAuto && asked != Route::kSplice) passage.unsuitable(passage.moved());
  if (fed) co_return passage.moved();
  co_return std::unexpected(TransferError{fed.error().error, fed.error().end, passage.moved()});
}

Task<TransferResult> feed(FanOut& all, Source source, Sink file) {
  const bool streams = std::holds_alternative<Source::Socket>(source.kind()) ||
                       std::holds_alternative<Source::Pipe>(source.kind()) ||
                       std::holds_alternative<Source::Content>(source.kind());
  if (streams && all.options.route != Route::kCopy && all.options.offset == 0) {
    PipePool::Lease pipe = all.context.pipes.try_acquire();
    if (pipe) {
      if (const Result<void> checked = check_sink(all, file); !checked) {
        co_return std::unexpected(TransferError{checked.error(), TransferEnd::kSink});
      }
      Task<TransferResult> feeding = feed_by_pipe(all, source, std::move(pipe));
      co_return co_await feeding;
    }
  }
  Task<TransferResult> feeding = feed_by_transfer(all, std::move(source));
  co_return co_await feeding;
}

}  // namespace

Task<FanOutResult> fan_out(Source source, Sink file, std::vector<Sink> followers,
                           TransferOptions options) {
  FanOutResult result;
  result.followers.resize(followers.size());
  TransferContext* const context = TransferContext::current();
  const auto* sink = std::get_if<Sink::File>(&file.kind());
  if (context == nullptr || sink == nullptr) {
    result.file =
        std::unexpected(context == nullptr ? TransferError{kNoLoop, TransferEnd::kNeither}
                                           : TransferError{kUnsuitableSink, TransferEnd::kSink});
    for (TransferResult& each : result.followers) each = result.file;
    co_return result;
  }
  FanOut all(*context, options, *sink);
  start_followers(all, followers);
  std::exception_ptr thrown;  // by what is told of the progress, or for want of memory
  try {
    Task<TransferResult> feeding = feed(all, std::move(source), file);
    result.file = co_await feeding;
  } catch (...) {
    thrown = std::current_exception();
    result.file = std::unexpected(
        TransferError{error_from_errno(ECANCELED, "fan_out"), TransferEnd::kNeither});
  }
  if (result.file) {
    all.file.complete = true;
  } else {
    all.file.failure = result.file.error();
    all.cancellation.own().cancel();
  }
  all.notify_followers();
  while (all.following.count() > 0) co_await all.following.changed();
  if (thrown) std::rethrow_exception(thrown);
  for (size_t i = 0; i < followers.size(); ++i) {
    result.followers[i] = std::move(all.followers[i].result());
  }
  co_return result;
}

}  // namespace sluice
