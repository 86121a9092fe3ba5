#include "transfer/fan_out_feed.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "io/file_operations.h"
#include "transfer/narrowed_readiness.h"
#include "transfer/not_spliceable.h"

namespace sluice {

namespace {

constexpr size_t kBufferBytes = PipePool::kSmallestBytes;

}  // namespace

Task<Outcome<void>> FanOutFeed::take(StreamSource& source) {
  Task<Outcome<void>> taking = take_spliced(source);
  Outcome<void> taken = co_await taking;
  Task<void> finishing = sink_.finish();
  co_await finishing;
  co_return taken;
}

Task<Outcome<void>> FanOutFeed::take_spliced(StreamSource& source) {
  passage_.begins_by(Route::kSplice);
  Pipe& pipe = *pipe_;
  unsigned fruitless_count = 0;
  while (left_ > 0) {
    Task<Outcome<void>> checking = passage_.go_on();
    if (const Outcome<void> on = co_await checking; !on) co_return on;
    const uint64_t at_most = std::min({left_, source.limit(), uint64_t{pipe.capacity_bytes}});
    if (at_most == 0) break;
    const ssize_t filled =
        passage_.direct().splice(source.fd(), DirectCalls::kNoOffset, pipe.write_end.get(),
                                 DirectCalls::kNoOffset, at_most, 0);
    const bool urgent = filled == 0 ? source.end_is_false() : fruitless_count > kFruitlessCount;
    if (is_not_spliceable(filled) || (urgent && (filled == 0 || filled == -EAGAIN))) {
      passage_.context().counters.fell_back(Fallback::kNotSpliceable);
      Task<Outcome<void>> copying = take_copied(source);
      co_return co_await copying;
    }
    if (filled == -EAGAIN) {
      ++fruitless_count;
      Task<Outcome<void>> waiting =
          passage_.wait_for(source.readiness(), POLLIN, TransferEnd::kSource);
      if (const Outcome<void> ready = co_await waiting; !ready) co_return ready;
      continue;
    }
    fruitless_count = 0;
    if (filled < 0) {
      co_return passage_.failure(source.readiness().error(static_cast<int>(-filled), "splice"),
                                 TransferEnd::kSource);
    }
    if (filled == 0) {
      if (const Outcome<void> end = source.ended(); !end) co_return end;
      break;
    }
    source.took(static_cast<uint64_t>(filled));
    if (left_ != kToTheEnd) left_ -= static_cast<uint64_t>(filled);
    pipe.bytes_inside = static_cast<uint32_t>(filled);
    Task<Outcome<void>> passing = pass_on(Route::kSplice);
    if (const Outcome<void> passed = co_await passing; !passed) co_return passed;
  }
  co_return at_end();
}

Task<Outcome<void>> FanOutFeed::take_copied(StreamSource& source) {
  // Not the buffer that write_copied() uses.
  const auto bytes = std::make_unique_for_overwrite<char[]>(kBufferBytes);
  while (left_ > 0) {
    Task<Outcome<void>> checking = passage_.go_on();
    if (const Outcome<void> on = co_await checking; !on) co_return on;
    Task<Outcome<std::string_view>> reading = source.read({bytes.get(), kBufferBytes}, left_);
    const Outcome<std::string_view> piece = co_await reading;
    if (!piece) co_return std::unexpected(piece.error());
    if (piece->empty()) break;
    Task<Outcome<void>> passing = pass_on(*piece);
    if (const Outcome<void> passed = co_await passing; !passed) co_return passed;
  }
  co_return at_end();
}

// Fewer bytes than were asked for.
Outcome<void> FanOutFeed::at_end() const noexcept {
  if (left_ == 0 || left_ == kToTheEnd) return {};
  return passage_.failure({ErrorCode::kChanged, 0, "transfer"}, TransferEnd::kSource);
}

Task<Outcome<void>> FanOutFeed::take(ContentReader& content) {
  if (!content.length()) passage_.context().counters.fell_back(Fallback::kParsedContent);
  passage_.begins_by(content.length() ? Route::kSplice : Route::kCopy);
  while (left_ > 0 && !content.complete()) {
    Task<Outcome<void>> checking = passage_.go_on();
    if (const Outcome<void> on = co_await checking; !on) co_return on;
    // What has come with the head is in a buffer; the rest may stay in the socket.
    Result<std::string_view> piece = content.read_arrived();
    if (piece && piece->empty()) {
      Task<Result<Readiness*>> looking = content.socket();
      const Result<Readiness*> socket = co_await looking;
      if (!socket) co_return passage_.failure(socket.error(), TransferEnd::kSource);
      if (*socket != nullptr) {
        Task<Outcome<void>> taking = take_socket(content, **socket);
        co_return co_await taking;
      }
      Task<Result<std::string_view>> reading = content.read();
      piece = co_await reading;
    }
    if (!piece) co_return passage_.failure(piece.error(), TransferEnd::kSource);
    if (piece->empty()) break;
    const std::string_view wanted = piece->substr(0, left_);
    content.give_back(piece->size() - wanted.size());
    Task<Outcome<void>> passing = pass_on(wanted);
    if (const Outcome<void> passed = co_await passing; !passed) co_return passed;
  }
  Task<void> finishing = sink_.finish();
  co_await finishing;
  co_return at_end();
}

Task<Outcome<void>> FanOutFeed::take_socket(ContentReader& content, Readiness& socket) {
  NarrowedReadiness readiness(passage_.bounds(), socket);
  StreamSource source(passage_, readiness, StreamSource::Kind::kSocket, &content);
  Task<Outcome<void>> taking = take(source);
  co_return co_await taking;
}

Task<Outcome<void>> FanOutFeed::pass_on(std::string_view bytes) {
  Pipe& pipe = *pipe_;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kBufferBytes);
    const ssize_t filled = passage_.direct().write(pipe.write_end.get(), piece);
    if (filled <= 0) {
      co_return passage_.failure(
          error_from_errno(filled == 0 ? EIO : static_cast<int>(-filled), "write"),
          TransferEnd::kNeither);
    }
    bytes.remove_prefix(static_cast<size_t>(filled));
    if (left_ != kToTheEnd) left_ -= static_cast<uint64_t>(filled);
    pipe.bytes_inside = static_cast<uint32_t>(filled);
    Task<Outcome<void>> passing = pass_on(Route::kCopy);
    if (const Outcome<void> passed = co_await passing; !passed) co_return passed;
  }
  co_return Outcome<void>();
}

Task<Outcome<void>> FanOutFeed::pass_on(Route route) {
  Pipe& pipe = *pipe_;
  for (Follower& follower : followers_) follower.offer(pipe);
  while (pipe.bytes_inside > 0 && !file_refuses_splice_) {
    SpliceInto writing(passage_.reactor(), pipe.read_end.get(), sink_.fd(), sink_.offset(),
                       pipe.bytes_inside);
    const int written = co_await writing;
    if (written == -EINTR) continue;
    if (is_not_spliceable(written)) {
      passage_.context().counters.fell_back(Fallback::kNotSpliceable);
      file_refuses_splice_ = true;
      break;
    }
    if (written <= 0) {
      co_return passage_.failure(error_from_errno(written == 0 ? EIO : -written, "splice"),
                                 TransferEnd::kSink);
    }
    pipe.bytes_inside -= static_cast<uint32_t>(written);
    Task<void> noting = sink_.wrote(static_cast<uint64_t>(written), route);
    co_await noting;
    wrote(static_cast<uint64_t>(written));
  }
  Task<Outcome<void>> rest = write_copied();
  co_return co_await rest;
}

Task<Outcome<void>> FanOutFeed::write_copied() {
  Pipe& pipe = *pipe_;
  while (pipe.bytes_inside > 0) {
    if (!buffer_) buffer_ = std::make_unique_for_overwrite<char[]>(kBufferBytes);
    const ssize_t taken =
        passage_.direct().read(pipe.read_end.get(), {buffer_.get(), kBufferBytes});
    if (taken <= 0) {
      co_return passage_.failure(
          error_from_errno(taken == 0 ? EIO : static_cast<int>(-taken), "read"),
          TransferEnd::kNeither);
    }
    pipe.bytes_inside -= static_cast<uint32_t>(taken);
    const auto bytes = static_cast<size_t>(taken);
    Task<Outcome<void>> writing = sink_.write({buffer_.get(), bytes});
    if (const Outcome<void> written = co_await writing; !written) co_return written;
    wrote(bytes);
  }
  co_return Outcome<void>();
}

void FanOutFeed::wrote(uint64_t bytes) noexcept {
  file_.written += bytes;
  for (Follower& follower : followers_) follower.notify();
}

}  // namespace sluice
