#include "ring/feature_probe.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <deque>
#include <string_view>
#include <system_error>

#include <sluice/unique_fd.h>

#include "ring/kernel_ring.h"
#include "ring/probe_ring.h"
#include "ring/refusal.h"

namespace sluice {

namespace {

constexpr std::string_view kBytes = "sluice";

// What was used, or why it did not work.
using Attempt = Result<std::string>;

struct Pair {
  UniqueFd first;
  UniqueFd second;
};

std::unexpected<Error> system_failure(const char* operation) {
  return std::unexpected(error_from_errno(errno, operation));
}

// It was done, but not as the manual says.
std::unexpected<Error> misbehaviour(const char* what) {
  return std::unexpected(Error{ErrorCode::kUnsupported, 0, what});
}

Result<Pair> make_socket_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    return system_failure("socketpair");
  }
  return Pair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Result<Pair> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return system_failure("pipe2");
  return Pair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

bool put(int fd) { return write(fd, kBytes.data(), kBytes.size()) == ssize_t(kBytes.size()); }

bool took(int fd) {
  char buffer[kBytes.size() + 1];
  const ssize_t count = read(fd, buffer, sizeof buffer);
  return count > 0 && std::string_view(buffer, static_cast<size_t>(count)) == kBytes;
}

Attempt try_ring() {
  const RingOptions options;
  const ProbeRing ring(options.submission_entries, options.completion_entries);
  if (!ring.started()) return std::unexpected(ring.started().error());
  return "IORING_SETUP_SINGLE_ISSUER, IORING_SETUP_DEFER_TASKRUN";
}

Attempt try_timed_wait() {
  ProbeRing ring;
  if (!ring.started()) return std::unexpected(ring.started().error());
  if ((ring.raw().features & IORING_FEAT_EXT_ARG) == 0)
    return misbehaviour("no IORING_FEAT_EXT_ARG");
  __kernel_timespec timeout{.tv_sec = 0, .tv_nsec = 1'000'000};
  io_uring_cqe* entry = nullptr;
  const int result = io_uring_wait_cqe_timeout(&ring.raw(), &entry, &timeout);
  if (result == -ETIME) return "IORING_FEAT_EXT_ARG";
  return std::unexpected(error_from_errno(-result, "io_uring_wait_cqe_timeout"));
}

Attempt try_multishot_accept() {
  // Bound without a name, a Unix socket is given one that is free (unix(7), "autobind").
  const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  const UniqueFd listener(socket(AF_UNIX, type, 0));
  sockaddr_un name{.sun_family = AF_UNIX, .sun_path = {}};
  auto* const address = reinterpret_cast<sockaddr*>(&name);
  if (!listener) return system_failure("socket");
  if (bind(listener.get(), address, sizeof name.sun_family) != 0) return system_failure("bind");
  socklen_t length = sizeof name;
  getsockname(listener.get(), address, &length);
  if (listen(listener.get(), 2) != 0) return system_failure("listen");

  ProbeRing ring;
  io_uring_prep_multishot_accept(&ring.prepare(), listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
  for (int round = 0; round < 2; ++round) {
    const UniqueFd client(socket(AF_UNIX, type, 0));
    if (!client || connect(client.get(), address, length) != 0) return system_failure("connect");
    const Result<Completion> accepted = ring.wait("accept");
    if (!accepted) return std::unexpected(accepted.error());
    const UniqueFd accepted_socket(accepted->result);
    if (!accepted->more()) return misbehaviour("ended after one connection");
  }
  return "IORING_ACCEPT_MULTISHOT";
}

Attempt try_provided_buffers() {
  const ReceiveBuffers buffers(8, 512);
  ProbeRing ring;
  const Result<void> provided = ring.provide(buffers);
  if (!provided) return std::unexpected(provided.error());
  return "IORING_REGISTER_PBUF_RING";
}

Attempt try_multishot_recv() {
  const Result<Pair> sockets = make_socket_pair();
  if (!sockets) return std::unexpected(sockets.error());
  const ReceiveBuffers buffers(8, 512);
  ProbeRing ring;
  const Result<void> provided = ring.provide(buffers);
  if (!provided) return std::unexpected(provided.error());

  io_uring_sqe& entry = ring.prepare();
  io_uring_prep_recv_multishot(&entry, sockets->first.get(), nullptr, 0, 0);
  entry.flags |= IOSQE_BUFFER_SELECT;
  entry.buf_group = ReceiveBuffers::kGroup;
  for (int round = 0; round < 2; ++round) {
    if (!put(sockets->second.get())) return system_failure("write");
    const Result<Completion> received = ring.wait("recv");
    if (!received) return std::unexpected(received.error());
    if (!received->has_buffer()) return misbehaviour("took no provided buffer");
    const std::string_view bytes(buffers.data(received->buffer_id()),
                                 static_cast<size_t>(received->result));
    if (bytes != kBytes) return misbehaviour("received something else");
    if (!received->more()) return misbehaviour("ended after one packet");
  }
  return "IORING_RECV_MULTISHOT";
}

Attempt try_send() {
  const Result<Pair> sockets = make_socket_pair();
  if (!sockets) return std::unexpected(sockets.error());
  ProbeRing ring;
  io_uring_prep_send(&ring.prepare(), sockets->first.get(), kBytes.data(), kBytes.size(),
                     MSG_NOSIGNAL);
  const Result<Completion> sent = ring.wait("send");
  if (!sent) return std::unexpected(sent.error());
  if (!took(sockets->second.get())) return misbehaviour("sent something else");
  return "IORING_OP_SEND";
}

Attempt try_recv() {
  const Result<Pair> sockets = make_socket_pair();
  if (!sockets) return std::unexpected(sockets.error());
  if (!put(sockets->second.get())) return system_failure("write");
  char buffer[64];
  ProbeRing ring;
  io_uring_prep_recv(&ring.prepare(), sockets->first.get(), buffer, sizeof buffer, 0);
  const Result<Completion> received = ring.wait("recv");
  if (!received) return std::unexpected(received.error());
  if (std::string_view(buffer, static_cast<size_t>(received->result)) != kBytes) {
    return misbehaviour("received something else");
  }
  return "IORING_OP_RECV";
}

// Moves kBytes, which are in `from`, to `to`, and looks for them at `end`.
Attempt try_splice(int from, int64_t from_offset, int to, int end) {
  ProbeRing ring;
  io_uring_prep_splice(&ring.prepare(), from, from_offset, to, -1, kBytes.size(),
                       SPLICE_F_NONBLOCK);
  const Result<Completion> moved = ring.wait("splice");
  if (!moved) return std::unexpected(moved.error());
  if (!took(end)) return misbehaviour("moved something else");
  return "IORING_OP_SPLICE";
}

Attempt try_splice_from_file() {
  const UniqueFd file(memfd_create("sluice-probe", MFD_CLOEXEC));
  if (!file || !put(file.get())) return system_failure("memfd_create");
  const Result<Pair> pipe = make_pipe();
  if (!pipe) return std::unexpected(pipe.error());
  return try_splice(file.get(), 0, pipe->second.get(), pipe->first.get());
}

Attempt try_splice_to_socket() {
  const Result<Pair> pipe = make_pipe();
  if (!pipe) return std::unexpected(pipe.error());
  const Result<Pair> sockets = make_socket_pair();
  if (!sockets) return std::unexpected(sockets.error());
  if (!put(pipe->second.get())) return system_failure("write");
  return try_splice(pipe->first.get(), -1, sockets->first.get(), sockets->second.get());
}

Attempt try_chain() {
  constexpr uint64_t kHead = 2;
  const Result<Pair> pipe = make_pipe();
  if (!pipe) return std::unexpected(pipe.error());
  const Result<Pair> sockets = make_socket_pair();
  if (!sockets) return std::unexpected(sockets.error());
  if (!put(pipe->second.get())) return system_failure("write");

  ProbeRing ring;
  if (!ring.started()) return std::unexpected(ring.started().error());
  if ((ring.raw().features & IORING_FEAT_CQE_SKIP) == 0) {
    return misbehaviour("no IORING_FEAT_CQE_SKIP");
  }
  io_uring_sqe& head = ring.prepare(kHead);
  io_uring_prep_splice(&head, pipe->first.get(), -1, sockets->first.get(), -1, kBytes.size(), 0);
  head.flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
  io_uring_prep_poll_add(&ring.prepare(), sockets->second.get(), POLLIN);
  const Result<Completion> last = ring.wait("linked poll");
  if (!last) return std::unexpected(last.error());
  if (!took(sockets->second.get())) return misbehaviour("moved something else");
  return "IOSQE_IO_LINK, IOSQE_CQE_SKIP_SUCCESS";
}

// Opens `path` from the root directory, which nothing may leave.
Result<Completion> open_beneath_root(const char* path) {
  const UniqueFd root(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return system_failure("open");
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  ProbeRing ring;
  io_uring_prep_openat2(&ring.prepare(), root.get(), path, &how);
  return ring.wait("openat2");
}

Attempt try_openat2() {
  const Result<Completion> inside = open_beneath_root(".");
  if (!inside) return std::unexpected(inside.error());
  const UniqueFd opened(inside->result);

  const Result<Completion> outside = open_beneath_root("..");
  if (outside) {
    const UniqueFd leaked(outside->result);
    return misbehaviour("RESOLVE_BENEATH let '..' out");
  }
  if (outside.error().system_errno != EXDEV) return std::unexpected(outside.error());
  return "IORING_OP_OPENAT2, RESOLVE_BENEATH";
}

Attempt try_poll() {
  const UniqueFd event(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) return system_failure("eventfd");
  ProbeRing ring;
  io_uring_prep_poll_add(&ring.prepare(), event.get(), POLLIN);
  const Result<Completion> polled = ring.wait("poll");
  if (!polled) return std::unexpected(polled.error());
  if ((polled->result & POLLIN) == 0) return misbehaviour("polled other events");
  return "IORING_OP_POLL_ADD";
}

Attempt try_cancel() {
  constexpr uint64_t kTarget = 2;
  const UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) return system_failure("eventfd");
  ProbeRing ring;
  io_uring_prep_poll_add(&ring.prepare(kTarget), event.get(), POLLIN);
  io_uring_prep_cancel64(&ring.prepare(), kTarget, 0);
  const Result<Completion> cancelled = ring.wait("cancel", kTarget);
  if (cancelled) return misbehaviour("ended without being cancelled");
  if (cancelled.error().system_errno != ECANCELED) return std::unexpected(cancelled.error());
  return "IORING_OP_ASYNC_CANCEL";
}

// Asks only: a change would outlive the ring, since workers are the thread's.
Attempt try_worker_limit() {
  ProbeRing ring;
  if (!ring.started()) return std::unexpected(ring.started().error());
  unsigned workers[2] = {0, 0};
  const int result = io_uring_register_iowq_max_workers(&ring.raw(), workers);
  if (result < 0) {
    return std::unexpected(error_from_errno(-result, "io_uring_register_iowq_max_workers"));
  }
  return "IORING_REGISTER_IOWQ_MAX_WORKERS";
}

Attempt try_registered_ring() {
  ProbeRing ring;
  if (!ring.started()) return std::unexpected(ring.started().error());
  const int result = io_uring_register_ring_fd(&ring.raw());
  if (result < 0) return std::unexpected(error_from_errno(-result, "io_uring_register_ring_fd"));
  return "IORING_REGISTER_RING_FDS";
}

struct Probe {
  const char* name;
  Attempt (*attempt)();
  const char* consequence;
  bool required = true;
};

constexpr Probe kProbes[] = {
    {"timed wait", try_timed_wait, "no deadline can be kept"},
    {"multishot accept", try_multishot_accept, "no connection can be accepted"},
    {"provided buffers", try_provided_buffers, "no request can be received"},
    {"multishot recv", try_multishot_recv, "no request can be received"},
    {"recv", try_recv, "no request in several packets can be received"},
    {"send", try_send, "no response can be sent"},
    {"splice file to pipe", try_splice_from_file, "no file can be sent"},
    {"splice pipe to socket", try_splice_to_socket, "no file can be sent"},
    {"linked operations", try_chain, "no file can be sent"},
    {"openat2", try_openat2, "no file can be opened safely"},
    {"poll", try_poll, "no slow client can be waited for"},
    {"cancel", try_cancel, "no server can be stopped in order"},
    {"worker limit", try_worker_limit, "slow disks could take threads without limit"},
    {"registered ring", try_registered_ring, "each turn of a loop costs a little more", false},
};

Feature run(const Probe& probe) {
  Attempt found = std::unexpected(Error{ErrorCode::kSystem, 0, probe.name});
  try {
    found = probe.attempt();
  } catch (const std::system_error& error) {
    found = std::unexpected(error_from_errno(error.code().value(), "mmap"));
  }
  return {probe.name, found.has_value(), probe.required, found ? *found : to_string(found.error()),
          probe.consequence};
}

// As large as a shard's.
struct FullRing {
  const RingOptions options;
  const ReceiveBuffers buffers{options.receive_buffer_count, options.receive_buffer_bytes};
  ProbeRing ring{options.submission_entries, options.completion_entries};
};

// As many as `sluice serve` creates, all at once, since a limit of memory or descriptors may leave
// room for some only.
Feature probe_room(const SystemFacts& facts) {
  std::deque<FullRing> rings;
  Result<void> started;
  while (started && rings.size() < facts.processors) {
    FullRing& full = rings.emplace_back();
    started = full.ring.provide(full.buffers);
  }
  const std::string count = std::to_string(started ? rings.size() : rings.size() - 1);
  Feature room{"ring per processor", started.has_value(), false,
               count + " of " + std::to_string(facts.processors), ""};
  if (started) return room;
  room.detail += ", " + to_string(started.error());
  room.consequence = "start serve with --threads " + count + " at most";
  if (started.error().system_errno == ENOMEM) {
    room.consequence +=
        ", or raise the limit of locked memory (ulimit -l, LimitMEMLOCK=), which is " +
        locked_memory_text(facts);
  }
  return room;
}

std::string explain_missing(const std::vector<Feature>& features) {
  std::string missing;
  for (const Feature& feature : features) {
    if (feature.available || !feature.required) continue;
    missing += (missing.empty() ? "" : ", ") + feature.name + " (" + feature.detail + ")";
  }
  if (missing.empty()) return "";
  return "of what sluice needs, this failed: " + missing +
         ". Linux 6.1 and later have it, unless a sandbox or a limit takes it away.";
}

}  // namespace

Diagnosis probe_features() {
  const Probe ring{"io_uring", try_ring, "nothing can be served"};
  const Attempt usable = ring.attempt();
  Diagnosis report;
  report.features.push_back({ring.name, usable.has_value(), ring.required,
                             usable ? *usable : to_string(usable.error()), ring.consequence});
  if (!usable) {
    report.refusal = explain_refusal(usable.error());
    return report;
  }
  for (const Probe& probe : kProbes) report.features.push_back(run(probe));
  report.refusal = explain_missing(report.features);
  report.features.push_back(probe_room(gather_system_facts()));
  return report;
}

}  // namespace sluice
