#include "transfer/source_end.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "io/file_operations.h"

namespace sluice {

Task<Outcome<std::string_view>> MemorySource::read(std::span<char> /*buffer*/, uint64_t at_most) {
  const std::string_view piece = left_.substr(0, at_most);
  left_.remove_prefix(piece.size());
  co_return piece;
}

FileSource::FileSource(Passage& passage, int fd, uint64_t offset, uint64_t length) noexcept
    : passage_(passage), fd_(fd), offset_(offset) {
  if (passage.one_time()) behind_.emplace(passage.reactor(), fd, offset, length);
}

Task<Outcome<std::string_view>> FileSource::read(std::span<char> buffer, uint64_t at_most) {
  const auto into = buffer.first(std::min<uint64_t>(buffer.size(), at_most));
  ssize_t result = passage_.direct().read_cached(fd_, into, offset_);
  while (result == -EAGAIN || result == -EOPNOTSUPP || result == -EINTR) {
    ReadAt reading(passage_.reactor(), fd_, into, offset_);
    result = co_await reading;
    if (result == -EAGAIN || result == -EOPNOTSUPP) break;
  }
  if (result < 0) {
    co_return passage_.failure(error_from_errno(static_cast<int>(-result), "read"),
                               TransferEnd::kSource);
  }
  Task<void> taking = took(static_cast<uint64_t>(result));
  co_await taking;
  co_return std::string_view(into.data(), static_cast<size_t>(result));
}

Task<void> FileSource::took(uint64_t bytes) noexcept {
  offset_ += bytes;
  if (!behind_) co_return;
  Task<void> dropping = behind_->sent_up_to(offset_);
  co_await dropping;
}

Task<void> FileSource::finish() noexcept {
  if (!behind_) co_return;
  Task<void> dropping = behind_->finish();
  co_await dropping;
}

Task<Outcome<std::string_view>> StreamSource::read(std::span<char> buffer, uint64_t at_most) {
  at_most = std::min(at_most, limit());
  if (at_most == 0) co_return std::string_view();
  const auto into = buffer.first(std::min<uint64_t>(buffer.size(), at_most));
  while (true) {
    const ssize_t result =
        is_pipe() ? passage_.direct().read(fd(), into) : passage_.direct().receive(fd(), into, 0);
    if (result > 0) {
      took(static_cast<uint64_t>(result));
      co_return std::string_view(into.data(), static_cast<size_t>(result));
    }
    if (result == 0) {
      if (const Outcome<void> end = ended(); !end) co_return std::unexpected(end.error());
      co_return std::string_view();
    }
    if (result != -EAGAIN) {
      co_return passage_.failure(
          readiness_.error(static_cast<int>(-result), is_pipe() ? "read" : "recv"),
          TransferEnd::kSource);
    }
    Task<Outcome<void>> waiting = passage_.wait_for(readiness_, POLLIN, TransferEnd::kSource);
    if (const Outcome<void> ready = co_await waiting; !ready) {
      co_return std::unexpected(ready.error());
    }
  }
}

bool StreamSource::end_is_false() const noexcept {
  char next;
  return !is_pipe() && limit() > 0 && passage_.direct().receive(fd(), {&next, 1}, MSG_PEEK) > 0;
}

Outcome<void> StreamSource::ended() const noexcept {
  if (content_ == nullptr || content_->complete()) return {};
  return passage_.failure(Error{ErrorCode::kPeerGone, 0, "recv"}, TransferEnd::kSource);
}

}  // namespace sluice
