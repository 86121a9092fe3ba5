#include "sim/fake_kernel.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "sim/shorter_message.h"

namespace sluice::sim {

namespace {

constexpr unsigned kMostInterruptions = 6;  // DocumentRoot gives up after eight

Attempt blocked() { return {Attempt::State::kBlocked}; }
Attempt done(int result) { return {Attempt::State::kDone, result, 0, result < 0}; }
Attempt result_of(ssize_t returned) {
  return done(returned < 0 ? -errno : static_cast<int>(returned));
}
bool would_block(ssize_t returned) {
  return returned < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

template <class T>
T* pointer(uint64_t address) {
  return reinterpret_cast<T*>(address);
}

ino_t inode_of(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

bool readable(int fd) {
  pollfd asked{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&asked, 1, 0) > 0;
}

bool is_file(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

bool fills_a_pipe(const io_uring_sqe& sqe) { return sqe.splice_off_in != UINT64_MAX; }

}  // namespace

Entry FakeKernel::submitted(const io_uring_sqe& sqe) {
  Entry entry;
  entry.sqe = sqe;
  if (sqe.opcode == IORING_OP_OPENAT2) {
    entry.path = pointer<const char>(sqe.addr);
    entry.how = *pointer<open_how>(sqe.off);
  }
  if (sqe.opcode != IORING_OP_NOP && sqe.opcode != IORING_OP_ASYNC_CANCEL &&
      sqe.opcode != IORING_OP_MADVISE) {
    entry.inodes[0] = inode_of(sqe.fd);
    if (entry.inodes[0] == 0) report("an operation was submitted with a closed descriptor");
  }
  if (sqe.opcode == IORING_OP_SPLICE) entry.inodes[1] = inode_of(sqe.splice_fd_in);
  return entry;
}

Attempt FakeKernel::attempt(Entry& entry) {
  if (!descriptors_are_same(entry)) return done(-EBADF);
  Attempt attempt;
  switch (entry.sqe.opcode) {
    case IORING_OP_NOP:
      attempt = done(0);
      break;
    case IORING_OP_SEND:
      attempt = (entry.sqe.msg_flags & MSG_WAITALL) != 0 ? send_all(entry) : send(entry);
      break;
    case IORING_OP_SENDMSG_ZC:
      attempt = send_zero_copy(entry);
      break;
    case IORING_OP_RECV: {
      const bool multishot = (entry.sqe.ioprio & IORING_RECV_MULTISHOT) != 0;
      attempt = multishot ? receive_multishot(entry) : receive(entry);
      break;
    }
    case IORING_OP_ACCEPT:
      attempt = accept(entry);
      break;
    case IORING_OP_POLL_ADD:
      attempt = poll(entry);
      break;
    case IORING_OP_SPLICE:
      attempt = splice(entry);
      break;
    case IORING_OP_OPENAT2:
      attempt = open(entry);
      break;
    case IORING_OP_READ:
      attempt = read(entry);
      break;
    case IORING_OP_WRITE:
      attempt = write(entry);
      break;
    case IORING_OP_MADVISE:
      attempt = result_of(madvise(pointer<void>(entry.sqe.addr), entry.sqe.len,
                                  static_cast<int>(entry.sqe.fadvise_advice)));
      break;
    case IORING_OP_FADVISE:
      attempt = done(0);
      break;
    case IORING_OP_CLOSE:
      attempt = result_of(::close(entry.sqe.fd));
      break;
    default:
      report("opcode " + std::to_string(entry.sqe.opcode) + " is not simulated");
      attempt = done(-EINVAL);
  }
  entry.tried = true;
  return attempt;
}

// Waits for room without end, unless the caller forbids it.
Attempt FakeKernel::send(Entry& entry) {
  const io_uring_sqe& sqe = entry.sqe;
  if (is_reset(entry.sqe.fd)) return done(-reset_error());
  const uint32_t bytes = shortened(sqe.len, faults_.short_send, counts_.short_send);
  const ssize_t sent = ::send(sqe.fd, pointer<const char>(sqe.addr), bytes,
                              static_cast<int>(sqe.msg_flags) | MSG_DONTWAIT);
  if (would_block(sent) && (sqe.msg_flags & MSG_DONTWAIT) == 0) return blocked();
  return result_of(sent);
}

// With MSG_WAITALL what is sent short of the whole fails, so that nothing linked follows it. An
// error after a part yields that part.
Attempt FakeKernel::send_all(Entry& entry) {
  const io_uring_sqe& sqe = entry.sqe;
  const bool waits = (sqe.msg_flags & MSG_DONTWAIT) == 0;
  const auto ended = [&entry](int error) {
    const int done_before = static_cast<int>(entry.bytes_done);
    return Attempt{Attempt::State::kDone, done_before > 0 ? done_before : error, 0, true};
  };
  if (is_reset(entry.sqe.fd)) return ended(-ECONNRESET);
  const int flags = static_cast<int>(sqe.msg_flags & ~unsigned{MSG_WAITALL}) | MSG_DONTWAIT;
  const uint32_t left = sqe.len - entry.bytes_done;
  const uint32_t bytes = shortened(left, faults_.short_send, counts_.short_send);
  const ssize_t sent =
      ::send(sqe.fd, pointer<const char>(sqe.addr) + entry.bytes_done, bytes, flags);
  if (would_block(sent)) return waits ? blocked() : ended(-EAGAIN);
  if (sent < 0) return ended(-errno);
  entry.bytes_done += static_cast<uint32_t>(sent);
  if (entry.bytes_done == sqe.len) return done(static_cast<int>(sqe.len));
  return waits ? Attempt{Attempt::State::kProgressed} : ended(0);
}

// The result first, whatever it is; then, once the peer has taken everything or is gone, that the
// bytes may go, and whether they were copied. A failure may be all there is.
Attempt FakeKernel::send_zero_copy(const Entry& entry) {
  const io_uring_sqe& sqe = entry.sqe;
  if (entry.tried) {
    int unread = 0;
    ioctl(sqe.fd, SIOCOUTQ, &unread);
    pollfd asked{.fd = sqe.fd, .events = 0, .revents = 0};
    if (unread > 0 && ::poll(&asked, 1, 0) <= 0) return blocked();
    const uint32_t copied = random_.chance(0.5) ? IORING_NOTIF_USAGE_ZC_COPIED : 0;
    return {Attempt::State::kDone, static_cast<int32_t>(copied), IORING_CQE_F_NOTIF, false};
  }
  if ((sqe.msg_flags & MSG_DONTWAIT) == 0) report("a sendmsg that could block a worker");
  const auto result = [this](int value) {
    if (value < 0 && random_.chance(0.5)) return done(value);
    return Attempt{Attempt::State::kMore, value, IORING_CQE_F_MORE, false};
  };
  if (is_reset(sqe.fd)) return result(-reset_error());
  if (happens(faults_.no_zero_copy, counts_.no_zero_copy)) return result(-EOPNOTSUPP);
  if (happens(faults_.full_socket, counts_.full_socket)) return result(-EAGAIN);
  if (happens(faults_.interrupted, counts_.interrupted)) return result(-EINTR);
  ShorterMessage message(*pointer<const msghdr>(sqe.addr));
  message.cut(shortened(message.bytes(), faults_.short_send, counts_.short_send));
  const ssize_t sent = sendmsg(sqe.fd, message.get(), static_cast<int>(sqe.msg_flags));
  return result(sent < 0 ? -errno : static_cast<int>(sent));
}

Attempt FakeKernel::receive(Entry& entry) {
  const io_uring_sqe& sqe = entry.sqe;
  if (is_reset(entry.sqe.fd)) return done(-ECONNRESET);
  const uint32_t bytes = shortened(sqe.len, faults_.short_receive, counts_.short_receive);
  const ssize_t received = recv(sqe.fd, pointer<char>(sqe.addr), bytes, MSG_DONTWAIT);
  return would_block(received) ? blocked() : result_of(received);
}

Attempt FakeKernel::receive_multishot(Entry& entry) {
  const io_uring_sqe& sqe = entry.sqe;
  if ((sqe.flags & IOSQE_BUFFER_SELECT) == 0 || sqe.buf_group != ReceiveBuffers::kGroup) {
    report("a multishot recv without its buffers");
  }
  if (is_reset(entry.sqe.fd)) return done(-ECONNRESET);
  // A new recv picks a buffer before it looks for data; one that waits does when there is some.
  const bool looks_for_buffer = !entry.tried || readable(sqe.fd);
  if (looks_for_buffer && happens(faults_.no_buffers, counts_.no_buffers)) return done(-ENOBUFS);
  if (free_buffers() == 0) return looks_for_buffer ? done(-ENOBUFS) : blocked();

  const Picked buffer = front_buffer();
  const uint32_t bytes = shortened(buffer.length, faults_.short_receive, counts_.short_receive);
  const ssize_t received = recv(sqe.fd, buffer.memory, bytes, MSG_DONTWAIT);
  if (would_block(received)) return blocked();
  if (received < 0) return done(-errno);
  const bool at_end = received == 0;
  if (at_end && !happens(faults_.end_with_buffer, counts_.end_with_buffer)) return done(0);

  ++buffer_head_;
  picked_.insert(buffer.id);
  const uint32_t flags = IORING_CQE_F_BUFFER | uint32_t{buffer.id} << IORING_CQE_BUFFER_SHIFT;
  if (at_end || happens(faults_.multishot_ends, counts_.multishot_ends)) {
    return {Attempt::State::kDone, static_cast<int>(received), flags, false};
  }
  return {Attempt::State::kMore, static_cast<int>(received), flags | IORING_CQE_F_MORE, false};
}

Attempt FakeKernel::accept(Entry& entry) {
  const io_uring_sqe& sqe = entry.sqe;
  const bool multishot = (sqe.ioprio & IORING_ACCEPT_MULTISHOT) != 0;
  // A new accept takes a descriptor before it looks for a client.
  const bool waiting = readable(sqe.fd);
  const bool takes_descriptor = !entry.tried || waiting;
  if (takes_descriptor && happens(faults_.accept_refused, counts_.accept_refused)) {
    return done(-EMFILE);
  }
  if (!waiting) return blocked();
  if (happens(faults_.accept_aborted, counts_.accept_aborted)) return done(-ECONNABORTED);
  const int socket = accept4(sqe.fd, nullptr, nullptr, static_cast<int>(sqe.accept_flags));
  if (socket < 0) return done(-errno);
  adopt(socket);
  if (listener_ != nullptr) listener_->accepted(socket);
  if (!multishot || happens(faults_.multishot_ends, counts_.multishot_ends)) return done(socket);
  return {Attempt::State::kMore, socket, IORING_CQE_F_MORE, false};
}

Attempt FakeKernel::poll(const Entry& entry) {
  pollfd asked{
      .fd = entry.sqe.fd, .events = static_cast<short>(entry.sqe.poll32_events), .revents = 0};
  if (::poll(&asked, 1, 0) <= 0) return blocked();
  return done(asked.revents);
}

Attempt FakeKernel::splice(Entry& entry) {
  const io_uring_sqe& sqe = entry.sqe;
  if ((sqe.splice_flags & SPLICE_F_NONBLOCK) == 0) report("a splice that could block a worker");
  if (happens(faults_.interrupted, counts_.interrupted)) return done(-EINTR);
  if (is_file(sqe.fd)) return splice_into_file(entry);
  uint32_t bytes = sqe.len;
  ssize_t moved;
  if (fills_a_pipe(sqe)) {
    // Whoever fills a pipe by itself does not say whom that is for.
    if (happens(faults_.not_spliceable, counts_.not_spliceable)) return done(-EINVAL);
    const bool alone = entry.socket == sqe.fd;
    if (is_unreadable(alone ? FaultListener::kAnybody : entry.socket)) return done(-EIO);
    bytes = shortened(bytes, faults_.short_fill, counts_.short_fill);
    auto offset = static_cast<loff_t>(sqe.splice_off_in);
    moved = ::splice(sqe.splice_fd_in, &offset, sqe.fd, nullptr, bytes, sqe.splice_flags);
  } else {
    if (is_reset(entry.sqe.fd)) return done(-reset_error());
    if (happens(faults_.full_socket, counts_.full_socket)) return done(-EAGAIN);
    bytes = shortened(bytes, faults_.short_drain, counts_.short_drain);
    moved = ::splice(sqe.splice_fd_in, nullptr, sqe.fd, nullptr, bytes, sqe.splice_flags);
  }
  Attempt attempt = result_of(moved);
  attempt.failed = attempt.result != static_cast<int>(sqe.len);
  return attempt;
}

// From a pipe, at an offset.
Attempt FakeKernel::splice_into_file(const Entry& entry) {
  const io_uring_sqe& sqe = entry.sqe;
  if (happens(faults_.not_spliceable, counts_.not_spliceable)) return done(-EINVAL);
  if (happens(faults_.disk_full, counts_.disk_full)) return done(-ENOSPC);
  const uint32_t bytes = shortened(sqe.len, faults_.short_drain, counts_.short_drain);
  auto offset = static_cast<loff_t>(sqe.off);
  return result_of(::splice(sqe.splice_fd_in, nullptr, sqe.fd, &offset, bytes, sqe.splice_flags));
}

// To a file, at an offset.
Attempt FakeKernel::write(const Entry& entry) {
  const io_uring_sqe& sqe = entry.sqe;
  if (happens(faults_.interrupted, counts_.interrupted)) return done(-EINTR);
  if (happens(faults_.disk_full, counts_.disk_full)) return done(-ENOSPC);
  const uint32_t bytes = shortened(sqe.len, faults_.short_drain, counts_.short_drain);
  return result_of(pwrite(sqe.fd, pointer<char>(sqe.addr), bytes, static_cast<off_t>(sqe.off)));
}

// Of a file, at an offset.
Attempt FakeKernel::read(const Entry& entry) {
  const io_uring_sqe& sqe = entry.sqe;
  if (happens(faults_.interrupted, counts_.interrupted)) return done(-EINTR);
  if (is_unreadable(FaultListener::kAnybody)) return done(-EIO);
  const uint32_t bytes = shortened(sqe.len, faults_.short_fill, counts_.short_fill);
  return result_of(pread(sqe.fd, pointer<char>(sqe.addr), bytes, static_cast<off_t>(sqe.off)));
}

Attempt FakeKernel::open(Entry& entry) {
  const io_uring_sqe& sqe = entry.sqe;
  // The attempts of one DocumentRoot::open() are the same object in the same frame.
  unsigned& interruptions = interrupted_[sqe.user_data & ((uint64_t{1} << 48U) - 1)];
  if (interruptions < kMostInterruptions &&
      happens(faults_.open_interrupted, counts_.open_interrupted)) {
    ++interruptions;
    return done(random_.chance(0.5) ? -EINTR : -EAGAIN);
  }
  interruptions = 0;
  if (happens(faults_.open_refused, counts_.open_refused)) return done(-EMFILE);
  return result_of(syscall(SYS_openat2, sqe.fd, entry.path.c_str(), &entry.how, sizeof entry.how));
}

bool FakeKernel::descriptors_are_same(const Entry& entry) {
  const bool same = (entry.inodes[0] == 0 || inode_of(entry.sqe.fd) == entry.inodes[0]) &&
                    (entry.inodes[1] == 0 || inode_of(entry.sqe.splice_fd_in) == entry.inodes[1]);
  if (!same) report("a descriptor was closed under an operation");
  return same;
}

bool FakeKernel::is_reset(int socket) {
  if (resets_.contains(socket)) return true;
  if (!happens(faults_.reset, counts_.reset)) return false;
  resets_.insert(socket);
  shutdown(socket, SHUT_RDWR);
  if (listener_ != nullptr) listener_->disturbed(socket);
  return true;
}

bool FakeKernel::is_unreadable(int socket) {
  if (!happens(faults_.read_error, counts_.read_error)) return false;
  if (listener_ != nullptr) listener_->disturbed(socket);
  return true;
}

bool FakeKernel::happens(double probability, uint64_t& count) {
  if (!random_.chance(probability)) return false;
  ++count;
  return true;
}

uint32_t FakeKernel::shortened(uint32_t bytes, double probability, uint64_t& count) {
  if (bytes < 2 || !happens(probability, count)) return bytes;
  return static_cast<uint32_t>(random_.between(1, bytes - 1));
}

FakeKernel::Picked FakeKernel::front_buffer() const {
  const io_uring_buf_ring* ring = buffers_.shared_ring();
  const io_uring_buf& buffer = ring->bufs[buffer_head_ & (buffers_.count() - 1)];
  return {pointer<char>(buffer.addr), buffer.len, buffer.bid};
}

uint16_t FakeKernel::free_buffers() {
  const io_uring_buf_ring* ring = buffers_.shared_ring();
  for (; buffers_seen_ != ring->tail; ++buffers_seen_) {
    const uint16_t id = ring->bufs[buffers_seen_ & (buffers_.count() - 1)].bid;
    if (picked_.erase(id) == 0) report("a receive buffer was given back twice");
  }
  return static_cast<uint16_t>(ring->tail - buffer_head_);
}

void FakeKernel::report(const std::string& problem) {
  if (problem_.empty()) problem_ = problem;
}

}  // namespace sluice::sim
