// System calls that do not wait, made at once on the shard's own thread.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>
#include <span>

namespace sluice {

// The second seam between sluice and the kernel, beside Ring: what the ring would only make dearer,
// because nothing has to be waited for. Each returns what the system call does, an error as a
// negative errno, and is tried again after EINTR. Offsets are of files; kNoOffset is for pipes and
// sockets. The tests put faults in its place.
//
// Not thread-safe.
class DirectCalls {
 public:
  static constexpr int64_t kNoOffset = -1;

  DirectCalls() noexcept = default;
  DirectCalls(const DirectCalls&) = delete;
  DirectCalls& operator=(const DirectCalls&) = delete;
  virtual ~DirectCalls() = default;

  // send(2), sendmsg(2) with MSG_DONTWAIT and MSG_NOSIGNAL.
  virtual ssize_t send(int socket, std::span<const char> bytes, int flags) noexcept;
  virtual ssize_t send_message(int socket, const msghdr& message, int flags) noexcept;
  // recv(2) with MSG_DONTWAIT.
  virtual ssize_t receive(int socket, std::span<char> buffer, int flags) noexcept;

  // read(2) and write(2): of pipes, which must be non-blocking.
  virtual ssize_t read(int fd, std::span<char> buffer) noexcept;
  virtual ssize_t write(int fd, std::span<const char> bytes) noexcept;

  // preadv2(2) with RWF_NOWAIT: what is in the page cache; -EAGAIN where nothing is.
  virtual ssize_t read_cached(int file, std::span<char> buffer, uint64_t offset) noexcept;

  // splice(2) with SPLICE_F_NONBLOCK, and tee(2).
  virtual ssize_t splice(int from, int64_t from_offset, int to, int64_t to_offset, size_t bytes,
                         unsigned flags) noexcept;
  virtual ssize_t tee(int from_pipe, int to_pipe, size_t bytes) noexcept;

  // sendfile(2). `to` must be non-blocking.
  virtual ssize_t send_file(int to, int file, uint64_t offset, size_t bytes) noexcept;

  // Whether reading this part of a file would wait for no disk: 1 or 0. All of it must be in the
  // page cache (cachestat(2)), and its first and last byte be read there already (preadv2(2) with
  // RWF_NOWAIT): a page is in the cache from when its read begins. -EOPNOTSUPP where the file
  // system does not tell (overlayfs, FUSE); those in memory need not.
  virtual int cached(int file, uint64_t offset, uint64_t bytes) noexcept;

  // How many pages of this part are in the page cache, also those whose read is under way
  // (cachestat(2)); -ENOSYS before Linux 6.5. `bytes` > 0.
  virtual ssize_t cached_pages(int file, uint64_t offset, uint64_t bytes) noexcept;
};

}  // namespace sluice
