#include "ring/direct_calls.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/page_size.h"

namespace sluice {

namespace {

// As in the kernel's <linux/mman.h>, which clashes with <sys/mman.h>.
struct CachestatRange {
  uint64_t offset;
  uint64_t bytes;
};
struct Cachestat {
  uint64_t cached_pages;
  uint64_t dirty_pages;
  uint64_t writeback_pages;
  uint64_t evicted_pages;
  uint64_t recently_evicted_pages;
};
constexpr long kCachestat = 451;  // the same for every architecture

template <class Call>
ssize_t retried(Call call) noexcept {
  ssize_t result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result < 0 ? -errno : result;
}

// A memfd, or a file of tmpfs or hugetlbfs: no others have seals. statfs(2) would know more, but
// may ask a server.
bool lives_in_memory(int file) noexcept { return fcntl(file, F_GET_SEALS) >= 0; }

loff_t* pointer_to(loff_t& offset) noexcept {
  return offset == DirectCalls::kNoOffset ? nullptr : &offset;
}

}  // namespace

ssize_t DirectCalls::send(int socket, std::span<const char> bytes, int flags) noexcept {
  return retried([&] {
    return ::send(socket, bytes.data(), bytes.size(), flags | MSG_DONTWAIT | MSG_NOSIGNAL);
  });
}

ssize_t DirectCalls::send_message(int socket, const msghdr& message, int flags) noexcept {
  return retried([&] { return ::sendmsg(socket, &message, flags | MSG_DONTWAIT | MSG_NOSIGNAL); });
}

ssize_t DirectCalls::receive(int socket, std::span<char> buffer, int flags) noexcept {
  return retried(
      [&] { return ::recv(socket, buffer.data(), buffer.size(), flags | MSG_DONTWAIT); });
}

ssize_t DirectCalls::read(int fd, std::span<char> buffer) noexcept {
  return retried([&] { return ::read(fd, buffer.data(), buffer.size()); });
}

ssize_t DirectCalls::write(int fd, std::span<const char> bytes) noexcept {
  return retried([&] { return ::write(fd, bytes.data(), bytes.size()); });
}

ssize_t DirectCalls::read_cached(int file, std::span<char> buffer, uint64_t offset) noexcept {
  const iovec part{buffer.data(), buffer.size()};
  return retried([&] { return ::preadv2(file, &part, 1, static_cast<off_t>(offset), RWF_NOWAIT); });
}

ssize_t DirectCalls::splice(int from, int64_t from_offset, int to, int64_t to_offset, size_t bytes,
                            unsigned flags) noexcept {
  return retried([&] {
    loff_t in = from_offset;
    loff_t out = to_offset;
    return ::splice(from, pointer_to(in), to, pointer_to(out), bytes, flags | SPLICE_F_NONBLOCK);
  });
}

ssize_t DirectCalls::tee(int from_pipe, int to_pipe, size_t bytes) noexcept {
  return retried([&] { return ::tee(from_pipe, to_pipe, bytes, SPLICE_F_NONBLOCK); });
}

ssize_t DirectCalls::send_file(int to, int file, uint64_t offset, size_t bytes) noexcept {
  return retried([&] {
    auto position = static_cast<off_t>(offset);
    return ::sendfile(to, file, &position, bytes);
  });
}

int DirectCalls::cached(int file, uint64_t offset, uint64_t bytes) noexcept {
  if (bytes == 0) return 1;
  const uint64_t pages = pages_of(offset, bytes);
  const ssize_t found = cached_pages(file, offset, bytes);
  const bool missing = found >= 0 && static_cast<uint64_t>(found) < pages;
  for (const uint64_t at : {offset + bytes - 1, offset}) {
    char byte = 0;
    const ssize_t read = read_cached(file, {&byte, 1}, at);
    // Also where no page was found: overlayfs has none, the file system below it has them.
    if (read == -EOPNOTSUPP) return lives_in_memory(file) ? 1 : -EOPNOTSUPP;
    // Only "it would wait" is a no: what else is wrong the route itself will find.
    if (read == -EAGAIN || missing) return 0;
    if (pages == 1) break;
  }
  return 1;
}

ssize_t DirectCalls::cached_pages(int file, uint64_t offset, uint64_t bytes) noexcept {
  // Shards share what the kernel can do.
  static std::atomic<bool> refused = false;
  if (refused.load(std::memory_order_relaxed)) return -ENOSYS;
  CachestatRange range{offset, bytes};
  Cachestat answer{};
  if (syscall(kCachestat, file, &range, &answer, 0) == 0) {
    return static_cast<ssize_t>(answer.cached_pages);
  }
  // EPERM: of a sandbox.
  if (errno == ENOSYS || errno == EPERM) refused.store(true, std::memory_order_relaxed);
  return -errno;
}

}  // namespace sluice
