#include "io/operations.h"

#include <fcntl.h>
#include <liburing.h>

namespace sluice {

Send::Send(Reactor& reactor, int socket, std::span<const char> bytes, int flags) noexcept
    : OneShot(reactor) {
  io_uring_prep_send(&reactor.ring().prepare(*this), socket, bytes.data(), bytes.size(),
                     flags | MSG_NOSIGNAL);
}

Receive::Receive(Reactor& reactor, int socket, std::span<char> buffer) noexcept : OneShot(reactor) {
  io_uring_prep_recv(&reactor.ring().prepare(*this), socket, buffer.data(), buffer.size(), 0);
}

ReadOnWorker::ReadOnWorker(Reactor& reactor, int file, std::span<char> buffer,
                           uint64_t offset) noexcept
    : OneShot(reactor) {
  io_uring_sqe& entry = reactor.ring().prepare(*this);
  io_uring_prep_read(&entry, file, buffer.data(), static_cast<unsigned>(buffer.size()), offset);
  entry.flags |= IOSQE_ASYNC;
}

Poll::Poll(Reactor& reactor, int fd, unsigned events) noexcept : OneShot(reactor) {
  io_uring_prep_poll_add(&reactor.ring().prepare(*this), fd, events);
}

Splice::Splice(Reactor& reactor, int from, int64_t from_offset, int to, uint32_t bytes,
               unsigned flags) noexcept
    : OneShot(reactor) {
  io_uring_prep_splice(&reactor.ring().prepare(*this), from, from_offset, to, kNoOffset, bytes,
                       flags | SPLICE_F_NONBLOCK);
}

SpliceThrough::SpliceThrough(Reactor& reactor, const Request& request) noexcept : OneShot(reactor) {
  constexpr unsigned kLinked = IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
  Ring& ring = reactor.ring();
  ring.reserve(3);
  if (!request.head.empty()) {
    io_uring_sqe& head = ring.prepare(*this, kHead);
    // MSG_WAITALL: only a head that has gone completely lets the body follow. MSG_DONTWAIT: the
    // pipe must not wait with it.
    io_uring_prep_send(&head, request.socket, request.head.data(), request.head.size(),
                       MSG_MORE | MSG_WAITALL | MSG_DONTWAIT | MSG_NOSIGNAL);
    head.flags |= kLinked;
  }
  io_uring_sqe& fill = ring.prepare(*this, kFill);
  io_uring_prep_splice(&fill, request.file, static_cast<int64_t>(request.file_offset),
                       request.pipe_write_end, Splice::kNoOffset, request.bytes, SPLICE_F_NONBLOCK);
  fill.flags |= kLinked;
  io_uring_sqe& drain = ring.prepare(*this, kDrain);
  io_uring_prep_splice(&drain, request.pipe_read_end, Splice::kNoOffset, request.socket,
                       Splice::kNoOffset, request.bytes,
                       SPLICE_F_NONBLOCK | (request.more ? SPLICE_F_MORE : 0));
}

OpenAt2::OpenAt2(Reactor& reactor, int directory, const char* path, const open_how& how) noexcept
    : OneShot(reactor) {
  // The kernel copies the path and `how` when the entry is submitted; both are the caller's.
  io_uring_prep_openat2(&reactor.ring().prepare(*this), directory, path,
                        const_cast<open_how*>(&how));
}

void request_cancel(Reactor& reactor, const Operation& target) noexcept {
  io_uring_prep_cancel64(&reactor.ring().prepare_unattended(), target.user_data(), 0);
}

void close_later(Reactor& reactor, UniqueFd fd) noexcept {
  io_uring_sqe& entry = reactor.ring().prepare_unattended();
  io_uring_prep_close(&entry, fd.release());
  entry.flags |= IOSQE_ASYNC;
}

}  // namespace sluice
