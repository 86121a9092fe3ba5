#include "server/shard.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "io/operations.h"
#include "runtime/broken_pipe_signal.h"

namespace sluice {

namespace {

RingOptions ring_options(const Limits& limits) noexcept {
  RingOptions options;
  options.blocking_workers = limits.blocking_worker_count;
  options.receive_buffer_count = limits.receive_buffer_count;
  options.receive_buffer_bytes = limits.receive_buffer_bytes;
  return options;
}

}  // namespace

Shard::Shard(const ShardSettings& settings, std::vector<UniqueFd> listening)
    : ring_(ring_options(settings.limits)),
      reactor_(ring_),
      accept_log_(settings.log),
      aborted_log_(settings.log),
      blocks_(std::max(settings.limits.head_bytes, ResponseDraft::kHeadBytes)),
      pipes_(reactor_, settings.limits.pipe_count, settings.limits.pipe_bytes,
             counters_.transfer.pipes_in_use),
      files_(reactor_, settings.limits.open_file_count, settings.limits.open_file_ttl_ms),
      removed_files_(mailbox_),
      static_handler_({.reactor = reactor_,
                       .workers = {settings.workers, mailbox_},
                       .files = files_,
                       .hashes = settings.hashes,
                       .store = settings.variants,
                       .made = settings.made,
                       .listing_bytes = settings.limits.listing_bytes}),
      handler_(reactor_, {settings.workers, mailbox_}, settings.router, static_handler_, counters_),
      transfer_limits_{.send_progress_timeout_ms = settings.limits.send_progress_timeout_ms,
                       .stalled_pipe_ms = settings.limits.stalled_pipe_ms},
      transfer_{.reactor = reactor_,
                .pipes = pipes_,
                .workers = {settings.workers, mailbox_},
                .limits = transfer_limits_,
                .thresholds = settings.thresholds,
                .counters = counters_.transfer,
                .ending = &ending_},
      context_{.reactor = reactor_,
               .limits = settings.limits,
               .head_limits = {.head_bytes = settings.limits.head_bytes,
                               .target_bytes = settings.limits.target_bytes,
                               .field_count = settings.limits.field_count},
               .transfer = transfer_,
               .handler = handler_,
               .blocks = blocks_,
               .counters = counters_,
               .aborted_log = aborted_log_,
               .common_fields = {},
               .work = Gate(reactor_),
               .connections = {}} {
  for (UniqueFd& socket : listening) {
    listeners_.push_back(std::make_unique<Listener>(context_, std::move(socket),
                                                    settings.limits.connection_count, accept_log_));
  }
}

void Shard::run() noexcept {
  const BrokenPipeSignalBlocked blocked;
  const TransferContext::Scope scope(transfer_);
  for (const auto& listener : listeners_) listener->run();
  watch_work();
  follow_orders();
  reactor_.run();
}

Detached Shard::follow_orders() {
  while (!over_) {
    Poll post(reactor_, mailbox_.fd(), POLLIN);
    co_await post;
    mailbox_.acknowledge();
    mailbox_.take_deliveries(reactor_);
    removed_files_.let_go(files_);
    if (mailbox_.order() == Mailbox::Order::kRun) continue;
    if (!context_.draining) drain();
    if (mailbox_.order() == Mailbox::Order::kAbort) {
      context_.connections.for_each([](Connection& connection) { connection.abort(); });
      // Handlers may also wait for what is no connection of this server.
      ending_.cancel();
    }
  }
  removed_files_.leave();
  reactor_.stop();
}

void Shard::drain() noexcept {
  context_.draining = true;
  for (const auto& listener : listeners_) listener->stop();
  context_.connections.for_each([](Connection& connection) { connection.drain(); });
  context_.work.notify();
}

Detached Shard::watch_work() {
  while (!context_.draining || context_.work.count() > 0) {
    co_await context_.work.changed();
    for (const auto& listener : listeners_) listener->room_made();
  }
  over_ = true;
  mailbox_.post(Mailbox::Order::kAbort);  // wakes follow_orders(), which is the last to end
}

}  // namespace sluice
