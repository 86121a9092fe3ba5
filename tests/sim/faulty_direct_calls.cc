#include "sim/faulty_direct_calls.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/page_size.h"
#include "sim/shorter_message.h"

namespace sluice::sim {

namespace {

bool is_socket(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

int FaultyDirectCalls::socket_fault(int socket, bool sends) {
  if (kernel_.is_reset(socket)) return sends ? -kernel_.reset_error() : -ECONNRESET;
  if (sends && kernel_.happens(faults_.full_socket, kernel_.counts().full_socket)) return -EAGAIN;
  return 0;
}

bool FaultyDirectCalls::is_not_spliceable() {
  return kernel_.happens(faults_.not_spliceable, kernel_.counts().not_spliceable);
}

size_t FaultyDirectCalls::shortened(size_t bytes, double probability, uint64_t& count) {
  const auto most = static_cast<uint32_t>(std::min<size_t>(bytes, UINT32_MAX));
  return kernel_.shortened(most, probability, count);
}

ssize_t FaultyDirectCalls::send(int socket, std::span<const char> bytes, int flags) noexcept {
  if (const int fault = socket_fault(socket, true); fault != 0) return fault;
  const size_t some = shortened(bytes.size(), faults_.short_send, kernel_.counts().short_send);
  return DirectCalls::send(socket, bytes.first(some), flags);
}

ssize_t FaultyDirectCalls::send_message(int socket, const msghdr& message, int flags) noexcept {
  if (const int fault = socket_fault(socket, true); fault != 0) return fault;
  ShorterMessage shorter(message);
  shorter.cut(shortened(shorter.bytes(), faults_.short_send, kernel_.counts().short_send));
  return DirectCalls::send_message(socket, *shorter.get(), flags);
}

ssize_t FaultyDirectCalls::receive(int socket, std::span<char> buffer, int flags) noexcept {
  if (const int fault = socket_fault(socket, false); fault != 0) return fault;
  const size_t some =
      shortened(buffer.size(), faults_.short_receive, kernel_.counts().short_receive);
  return DirectCalls::receive(socket, buffer.first(some), flags);
}

ssize_t FaultyDirectCalls::read_cached(int file, std::span<char> buffer, uint64_t offset) noexcept {
  if (kernel_.happens(faults_.uncached, kernel_.counts().uncached)) return -EAGAIN;
  if (kernel_.is_unreadable(FaultListener::kAnybody)) return -EIO;
  const size_t some = shortened(buffer.size(), faults_.short_fill, kernel_.counts().short_fill);
  const ssize_t bytes = pread(file, buffer.data(), some, static_cast<off_t>(offset));
  return bytes < 0 ? -errno : bytes;
}

ssize_t FaultyDirectCalls::splice(int from, int64_t from_offset, int to, int64_t to_offset,
                                  size_t bytes, unsigned flags) noexcept {
  if (from_offset != kNoOffset) {
    if (is_not_spliceable()) return -EINVAL;
    if (kernel_.is_unreadable(FaultListener::kAnybody)) return -EIO;
    bytes = shortened(bytes, faults_.short_fill, kernel_.counts().short_fill);
  } else if (is_socket(to)) {
    if (const int fault = socket_fault(to, true); fault != 0) return fault;
    bytes = shortened(bytes, faults_.short_drain, kernel_.counts().short_drain);
  } else if (is_socket(from)) {
    if (const int fault = socket_fault(from, false); fault != 0) return fault;
    bytes = shortened(bytes, faults_.short_receive, kernel_.counts().short_receive);
  }
  return DirectCalls::splice(from, from_offset, to, to_offset, bytes, flags);
}

ssize_t FaultyDirectCalls::tee(int from_pipe, int to_pipe, size_t bytes) noexcept {
  const size_t some = shortened(bytes, faults_.short_fill, kernel_.counts().short_fill);
  return DirectCalls::tee(from_pipe, to_pipe, some);
}

ssize_t FaultyDirectCalls::send_file(int to, int file, uint64_t offset, size_t bytes) noexcept {
  if (const int fault = socket_fault(to, true); fault != 0) return fault;
  if (is_not_spliceable()) return -EINVAL;
  if (kernel_.is_unreadable(to)) return -EIO;
  const size_t some = shortened(bytes, faults_.short_drain, kernel_.counts().short_drain);
  return DirectCalls::send_file(to, file, offset, some);
}

// What is in the page cache in truth would make a run depend on those before it.
int FaultyDirectCalls::cached(int /*file*/, uint64_t /*offset*/, uint64_t /*bytes*/) noexcept {
  if (kernel_.happens(faults_.uncached, kernel_.counts().uncached)) return 0;
  return 1;
}

ssize_t FaultyDirectCalls::cached_pages(int file, uint64_t offset, uint64_t bytes) noexcept {
  return cached(file, offset, bytes) == 1 ? static_cast<ssize_t>(pages_of(offset, bytes)) : 0;
}

}  // namespace sluice::sim
