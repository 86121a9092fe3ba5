#include "transfer/sink_end.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "io/file_operations.h"

namespace sluice {

namespace {

constexpr Error kFull{ErrorCode::kExhausted, 0, "transfer"};

}  // namespace

FileSink::FileSink(Passage& passage, int fd, uint64_t offset) noexcept
    : SinkEnd(passage), fd_(fd), offset_(offset) {
  if (passage.one_time()) behind_.emplace(passage.reactor(), fd, offset);
}

Task<Outcome<void>> FileSink::write(std::string_view bytes) {
  while (!bytes.empty()) {
    WriteAt writing(passage().reactor(), fd_, bytes, offset_);
    const int result = co_await writing;
    if (result == -EINTR) continue;
    if (result <= 0) {
      co_return passage().failure(error_from_errno(result == 0 ? ENOSPC : -result, "write"),
                                  TransferEnd::kSink);
    }
    bytes.remove_prefix(static_cast<size_t>(result));
    Task<void> noting = wrote(static_cast<uint64_t>(result), Route::kCopy);
    co_await noting;
    Task<Outcome<void>> going_on = passage().go_on();
    if (const Outcome<void> may = co_await going_on; !may) co_return may;
  }
  co_return Outcome<void>();
}

Task<void> FileSink::wrote(uint64_t bytes, Route route) {
  passage().reached_sink(bytes, route);
  return advance(bytes);
}

Task<void> FileSink::advance(uint64_t bytes) noexcept {
  offset_ += bytes;
  if (!behind_) co_return;
  Task<void> dropping = behind_->written_up_to(offset_);
  co_await dropping;
}

Task<void> FileSink::finish() noexcept {
  if (!behind_) co_return;
  Task<void> dropping = behind_->finish(offset_);
  co_await dropping;
}

Task<Outcome<void>> StreamSink::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t result =
        is_pipe() ? passage().direct().write(fd(), bytes) : passage().direct().send(fd(), bytes, 0);
    if (result >= 0) {
      bytes.remove_prefix(static_cast<size_t>(result));
      passage().reached_sink(static_cast<uint64_t>(result), Route::kCopy);
      Task<Outcome<void>> going_on = passage().go_on();
      if (const Outcome<void> may = co_await going_on; !may) co_return may;
      continue;
    }
    if (result != -EAGAIN) {
      const Error error = readiness_.error(static_cast<int>(-result), is_pipe() ? "write" : "send");
      co_return passage().failure(error, TransferEnd::kSink);
    }
    Task<Outcome<void>> waiting = passage().wait_for(readiness_, POLLOUT, TransferEnd::kSink);
    if (const Outcome<void> ready = co_await waiting; !ready) co_return ready;
  }
  co_return Outcome<void>();
}

Task<Outcome<void>> MemorySink::write(std::string_view bytes) {
  const size_t fits = std::min(bytes.size(), left_.size());
  if (fits > 0) {
    std::memcpy(left_.data(), bytes.data(), fits);
    filled(fits);
  }
  if (fits < bytes.size()) co_return passage().failure(kFull, TransferEnd::kSink);
  co_return Outcome<void>();
}

void MemorySink::filled(uint64_t bytes) {
  left_ = left_.subspan(bytes);
  passage().reached_sink(bytes, Route::kCopy);
}

Task<Outcome<void>> StringSink::write(std::string_view bytes) {
  const uint64_t room = limit_bytes_ - std::min<uint64_t>(limit_bytes_, text_.size());
  bool full = bytes.size() > room;
  bytes = bytes.substr(0, room);
  try {
    text_.append(bytes);
  } catch (const std::length_error&) {
    full = true;
    bytes = {};
  } catch (const std::bad_alloc&) {
    full = true;
    bytes = {};
  }
  passage().reached_sink(bytes.size(), Route::kCopy);
  if (full) co_return passage().failure(kFull, TransferEnd::kSink);
  co_return Outcome<void>();
}

Task<Outcome<void>> ResponseSink::write(std::string_view bytes) {
  Task<Result<void>> writing = writer_.write(bytes);
  if (const Result<void> written = co_await writing; !written) {
    co_return passage().failure(written.error(), TransferEnd::kSink);
  }
  passage().reached_sink(bytes.size(), Route::kCopy);
  co_return Outcome<void>();
}

}  // namespace sluice
