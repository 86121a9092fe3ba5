// The system calls that sluice makes through the ring, as awaitables (runtime/one_shot.h). Each
// yields what the system call would return, an error as a negative errno. Descriptors, buffers and
// strings must stay as they are until the operation is done.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <span>
#include <string_view>

#include <sluice/unique_fd.h>

#include "runtime/one_shot.h"

struct open_how;

namespace sluice {

// send(2); `flags` as there (MSG_MORE, …). Waits for room without limit: see io/socket.h.
class Send final : public OneShot {
 public:
  Send(Reactor& reactor, int socket, std::span<const char> bytes, int flags) noexcept;
};

// recv(2) into a buffer of the caller's.
class Receive final : public OneShot {
 public:
  Receive(Reactor& reactor, int socket, std::span<char> buffer) noexcept;
};

// pread(2) on an io-wq worker, whatever the file system and the flags of the descriptor: elsewhere
// O_NONBLOCK has some of them say -EAGAIN for what is not in the page cache, again and again.
class ReadOnWorker final : public OneShot {
 public:
  ReadOnWorker(Reactor& reactor, int file, std::span<char> buffer, uint64_t offset) noexcept;
};

// poll(2) for one descriptor, once: yields the events.
class Poll final : public OneShot {
 public:
  Poll(Reactor& reactor, int fd, unsigned events) noexcept;
};

// splice(2). An offset of kNoOffset is for pipes and sockets. Runs on an io-wq worker, so it may
// wait for a disk; it never waits for a pipe or a non-blocking socket (-EAGAIN).
class Splice final : public OneShot {
 public:
  static constexpr int64_t kNoOffset = -1;

  Splice(Reactor& reactor, int from, int64_t from_offset, int to, uint32_t bytes,
         unsigned flags) noexcept;
};

// Head, file → pipe and pipe → socket as one chain: each part starts when the one before it has
// done all of its work, so a whole response costs the loop one completion. The result is that of
// the last part, or of the first that failed or fell short; part() tells which. A full socket makes
// the head or the drain fall short (-EAGAIN for nothing at all). When the file falls short the pipe
// holds what the result says.
class SpliceThrough final : public OneShot {
 public:
  enum Part : unsigned { kHead, kFill, kDrain };

  struct Request {
    int file;
    uint64_t file_offset;
    int pipe_write_end;
    int pipe_read_end;
    int socket;
    uint32_t bytes;
    std::string_view head;  // sent first; may be empty
    bool more;              // more will follow (SPLICE_F_MORE)
  };

  SpliceThrough(Reactor& reactor, const Request& request) noexcept;
};

// openat2(2): yields a descriptor.
class OpenAt2 final : public OneShot {
 public:
  OpenAt2(Reactor& reactor, int directory, const char* path, const open_how& how) noexcept;
};

// Asks that `target` end early; its completion says that it has. Nobody waits for this one.
void request_cancel(Reactor& reactor, const Operation& target) noexcept;

// Closes a descriptor on a worker. Nobody waits for this one either.
void close_later(Reactor& reactor, UniqueFd fd) noexcept;

}  // namespace sluice
