#include "sim/sim_server.h"

#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "runtime/frame_pool.h"
#include "support/descriptors.h"

namespace sluice::sim {

using testing_support::bytes_waiting;
using testing_support::describe_descriptor;
using testing_support::is_pipe;
using testing_support::open_descriptors;

namespace {

std::vector<sluice::Site> one_site(const std::string& root, const SimTransfer& transfer,
                                   std::vector<HandlerRoute> handlers) {
  sluice::Site site;
  site.root = root;
  site.transfer = transfer.route;
  site.one_time_bytes = transfer.one_time_bytes;
  site.handlers = std::move(handlers);
  return {site};
}

}  // namespace

SimServer::SimServer(const std::string& root, const Limits& limits,
                     const FakeRing::Options& ring_options, const SimTransfer& transfer,
                     std::vector<HandlerRoute> handlers)
    : limits_(limits),
      frames_before_(FramePool::of_this_thread().live_count()),
      ring_(ring_options),
      reactor_(ring_),
      log_sink_([](std::string_view) {}),
      accept_log_(log_sink_),
      aborted_log_(log_sink_),
      blocks_(std::max(limits_.head_bytes, ResponseDraft::kHeadBytes)),
      pipes_(reactor_, limits_.pipe_count, limits_.pipe_bytes, counters_.transfer.pipes_in_use),
      sites_(one_site(root, transfer, std::move(handlers))),
      router_(sites_, log_sink_),
      files_(reactor_, limits_.open_file_count, limits_.open_file_ttl_ms),
      static_handler_({.reactor = reactor_,
                       .workers = {workers_, mailbox_},
                       .files = files_,
                       .hashes = hashes_,
                       .store = nullptr,
                       .made = nullptr,
                       .listing_bytes = limits_.listing_bytes}),
      handler_(reactor_, {workers_, mailbox_}, router_, static_handler_, counters_),
      transfer_limits_{.send_progress_timeout_ms = limits_.send_progress_timeout_ms,
                       .stalled_pipe_ms = limits_.stalled_pipe_ms},
      thresholds_(transfer.thresholds),
      transfer_{.reactor = reactor_,
                .pipes = pipes_,
                .workers = {workers_, mailbox_},
                .limits = transfer_limits_,
                .thresholds = thresholds_,
                .counters = counters_.transfer},
      context_{.reactor = reactor_,
               .limits = limits_,
               .head_limits = {.head_bytes = limits_.head_bytes,
                               .target_bytes = limits_.target_bytes,
                               .field_count = limits_.field_count},
               .transfer = transfer_,
               .handler = handler_,
               .blocks = blocks_,
               .counters = counters_,
               .aborted_log = aborted_log_,
               .common_fields = {},
               .work = Gate(reactor_),
               .connections = {}} {
  // io_uring's workers splice where no signal can reach; here it is this thread that splices.
  ::signal(SIGPIPE, SIG_IGN);
  descriptors_at_rest_ = open_descriptors();
}

void SimServer::serve(UniqueFd socket) {
  ring_.kernel().adopt(socket.get());
  Connection::serve(context_, std::move(socket));
}

void SimServer::listen(UniqueFd socket, uint32_t connection_count) {
  descriptors_at_rest_.insert(socket.get());
  listener_ =
      std::make_unique<Listener>(context_, std::move(socket), connection_count, accept_log_);
  listener_->run();
  watch_work();
}

Detached SimServer::watch_work() {
  watching_ = true;
  while (!context_.draining || context_.work.count() > 0) {
    co_await context_.work.changed();
    listener_->room_made();
  }
  watching_ = false;
}

void SimServer::drain() noexcept {
  context_.draining = true;
  if (listener_) listener_->stop();
  context_.connections.for_each([](Connection& connection) { connection.drain(); });
  context_.work.notify();
}

void SimServer::abort() noexcept {
  drain();
  context_.connections.for_each([](Connection& connection) { connection.abort(); });
}

std::string SimServer::what_is_left() {
  // Slots of timers that were cancelled are visited within a turn of the wheel, and the table of
  // open files lets go of the last one after its time.
  const auto no_timer = [this] { return reactor_.timers().wait_ms(ring_.now_ms()) == UINT64_MAX; };
  const auto at_rest = [this, &no_timer] { return no_timer() && ring_.pending_count() == 0; };
  run_for(1);
  run_until(at_rest, 2 * TimerWheel::kTickMs * TimerWheel::kSlotCount + limits_.open_file_ttl_ms);
  if (ring_.broken()) return ring_.problem();
  std::string left;
  const auto note = [&left](const std::string& what) { left += (left.empty() ? "" : ", ") + what; };
  if (!no_timer()) note("a timer");
  if (counters_.connections_open.value() != 0) note("a connection that counts as open");
  if (pipes_.in_use() != 0) note(std::to_string(pipes_.in_use()) + " pipes in use");
  if (ring_.buffers_out() != 0) note(std::to_string(ring_.buffers_out()) + " receive buffers");
  if (ring_.pending_count() != 0) note(std::to_string(ring_.pending_count()) + " operations");
  const uint64_t frames = FramePool::of_this_thread().live_count();
  if (frames != frames_before_) note(std::to_string(frames - frames_before_) + " coroutines");

  size_t pipe_ends = 0;
  for (const int fd : open_descriptors()) {
    const bool own = !descriptors_at_rest_.contains(fd);
    if (own && !is_pipe(fd)) note("descriptor " + describe_descriptor(fd));
    if (own && is_pipe(fd)) ++pipe_ends;
    if (fd > 2 && is_pipe(fd) && bytes_waiting(fd) > 0) {
      note(std::to_string(bytes_waiting(fd)) + " bytes in " + describe_descriptor(fd));
    }
  }
  if (pipe_ends > 2 * size_t{limits_.pipe_count}) note("more pipes than there may be");
  return left;
}

SocketPair make_socket_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::system_error(errno, std::system_category(), "socketpair");
  }
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace sluice::sim
