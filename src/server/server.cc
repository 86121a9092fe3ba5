#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <fstream>
#include <future>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <sluice/server.h>

#include "base/page_size.h"
#include "files/content_hash.h"
#include "files/document_root.h"
#include "files/variant_store.h"
#include "ring/refusal.h"
#include "runtime/time_slice.h"
#include "runtime/worker_pool.h"
#include "server/listen_address.h"
#include "server/router.h"
#include "server/shard.h"

namespace sluice {

namespace {

// Descriptors besides connections, files and pipes: rings, mailboxes, listeners, and what the
// program around has open.
constexpr uint32_t kReservedDescriptors = 32;

using Clock = std::chrono::steady_clock;

// What cutting off everything may take; longer takes only what waits for a disk.
constexpr std::chrono::seconds kAbortTime(1);

std::vector<int> allowed_processors() {
  cpu_set_t set;
  std::vector<int> processors;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return {0};
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (CPU_ISSET(processor, &set)) processors.push_back(processor);
  }
  return processors;
}

bool take_uploads(const std::vector<Site>& sites) {
  return std::ranges::any_of(sites, [](const Site& site) {
    return site.uploads || std::ranges::any_of(site.mounts, &Mount::uploads);
  });
}

// Cuts the counts down to what the limit of open files leaves to each shard, so that running out of
// descriptors is what does not happen, rather than what is survived.
Limits fit_to_descriptors(Limits limits, unsigned shard_count, const std::vector<Site>& sites) {
  rlimit allowed{};
  getrlimit(RLIMIT_NOFILE, &allowed);
  const auto all = static_cast<uint32_t>(std::min<rlim_t>(allowed.rlim_cur, 1U << 30U));
  size_t roots = 1;  // the directory of variants
  for (const Site& site : sites) roots += 1 + site.mounts.size();
  // Each piece of work that waits for a worker has a file of its own.
  const uint64_t wanted = kReservedDescriptors + roots + 2ULL * limits.background_queue_count +
                          4ULL * limits.background_thread_count;
  const auto reserved = static_cast<uint32_t>(std::min<uint64_t>(wanted, all / 2));
  const uint32_t share = std::max((all - reserved) / shard_count, 8U);
  limits.pipe_count = std::clamp(share / 16, 1U, std::max(limits.pipe_count, 1U));
  limits.open_file_count = std::min(share / 8, limits.open_file_count);
  const uint32_t left = share - 2 * limits.pipe_count - limits.open_file_count;
  // A connection may also hold the file that it is sent, or one that is put, and its directory.
  const uint32_t most = share >= 256 ? left - left / 8 : left / 2;
  const uint32_t connections = std::max(take_uploads(sites) ? left / 3 : most, 1U);
  limits.connection_count =
      limits.connection_count == 0 ? connections : std::min(limits.connection_count, connections);
  return limits;
}

// An unprivileged user's pipes share pipe-user-pages-soft (pipe(7)), and beyond it new ones shrink
// to two pages. Half of it is left to other programs.
void fit_to_pipe_pages(Limits& limits, unsigned shard_count) {
  if (geteuid() == 0) return;
  constexpr uint32_t kSmallestBytes = 64 * 1024;
  constexpr uint32_t kEnoughPipes = 16;
  uint64_t pages = 16384;
  std::ifstream("/proc/sys/fs/pipe-user-pages-soft") >> pages;
  if (pages == 0) return;  // no limit
  const uint64_t share_bytes = pages * page_bytes() / 2 / shard_count;
  while (limits.pipe_bytes > kSmallestBytes && share_bytes / limits.pipe_bytes < kEnoughPipes) {
    limits.pipe_bytes /= 2;
  }
  const auto count = static_cast<uint32_t>(share_bytes / limits.pipe_bytes);
  limits.pipe_count = std::min(limits.pipe_count, std::max(count, 2U));
}

void check(const Options& options) {
  const std::vector<OptionProblem> problems = find_problems(options);
  if (problems.empty()) return;
  throw StartError(StartError::Kind::kUsage, problems.front().option, problems.front().message);
}

// Keeps the calling thread on one processor; -1 leaves it to the scheduler.
void pin_to(int processor) noexcept {
  if (processor < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  sched_setaffinity(0, sizeof set, &set);
}

// While it lives no signal reaches the calling thread, nor the threads that it starts.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

void add(Stats& sum, const Counters& counters) noexcept {
  sum.connections_accepted += counters.connections_accepted.value();
  sum.connections_open += counters.connections_open.value();
  sum.accept_failures += counters.accept_failures.value();
  sum.connection_limit_hits += counters.connection_limit_hits.value();
  sum.requests += counters.requests.value();
  sum.responses_aborted += counters.responses_aborted.value();
  sum.clients_timed_out += counters.clients_timed_out.value();
  sum.requests_refused += counters.requests_refused.value();
  sum.uploads_completed += counters.uploads_completed.value();
  sum.uploads_failed += counters.uploads_failed.value();
  counters.transfer.add_to(sum.transfer);
}

}  // namespace

class Server::Implementation {
 public:
  explicit Implementation(Options options) : options_(std::move(options)) {}
  ~Implementation() {
    if (!stop(0)) join();
  }

  void route(std::string prefix, Handler handler);
  void start();
  bool stop(uint64_t drain_timeout_ms);
  const std::vector<std::string>& addresses() const noexcept { return addresses_; }
  Stats stats() const noexcept;

 private:
  struct ShardThread {
    std::unique_ptr<Shard> shard;
    std::thread thread;
    std::future<void> ended;
  };

  void share();
  void begin(ShardThread& shard_thread, std::vector<UniqueFd> listening, int processor);
  void post(Mailbox::Order order) noexcept;
  bool ended_by(Clock::time_point time) const;
  void join();
  // Also while a thread has not ended after stop().
  bool started() const noexcept { return !threads_.empty(); }

  Options options_;
  Limits limits_;
  // What the shards share.
  std::unique_ptr<Router> router_;
  std::unique_ptr<ContentHashes> hashes_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<VariantStore> variants_;
  std::unique_ptr<DocumentRoot> made_;
  std::unique_ptr<ShardSettings> settings_;
  std::vector<std::string> addresses_;
  std::vector<std::string> unix_paths_;
  std::vector<ShardThread> threads_;

  // What stats() needs, which any thread may call at any time: the counters of shards that live,
  // and the sums of those that have ended.
  mutable std::mutex stats_mutex_;
  std::vector<const Counters*> counters_;
  Stats ended_;
};

void Server::Implementation::route(std::string prefix, Handler handler) {
  if (started()) {
    throw StartError(StartError::Kind::kUsage, "sites[0].handlers",
                     "'" + prefix + "' is to be routed to a handler, but the server has started");
  }
  if (options_.sites.empty()) return;  // which start() refuses
  options_.sites.front().handlers.push_back(
      {.prefix = std::move(prefix), .handler = std::move(handler)});
}

void Server::Implementation::start() {
  if (started()) throw StartError(StartError::Kind::kUsage, "", "the server has started already");
  check(options_);
  const std::vector<int> processors = allowed_processors();
  const unsigned shard_count =
      options_.threads == 0 ? static_cast<unsigned>(processors.size()) : options_.threads;
  limits_ = fit_to_descriptors(options_.limits, shard_count, options_.sites);
  fit_to_pipe_pages(limits_, shard_count);
  std::vector<std::vector<UniqueFd>> sockets(shard_count);
  try {
    share();
    for (const std::string& text : options_.listen) {
      BoundAddress bound = bind_address(text, shard_count, limits_.backlog_count);
      if (!bound.unix_path.empty()) unix_paths_.push_back(bound.unix_path);
      addresses_.push_back(std::move(bound.name));
      for (unsigned i = 0; i < shard_count; ++i) sockets[i].push_back(std::move(bound.sockets[i]));
    }
    threads_.resize(shard_count);
    for (unsigned i = 0; i < shard_count; ++i) {
      // Where there are fewer shards than processors the scheduler knows better.
      const int processor = shard_count == processors.size() ? processors[i] : -1;
      begin(threads_[i], std::move(sockets[i]), processor);
    }
    const std::scoped_lock lock(stats_mutex_);
    ended_ = {};
    for (const ShardThread& shard_thread : threads_)
      counters_.push_back(&shard_thread.shard->counters());
  } catch (const std::system_error& error) {
    stop(0);
    throw StartError(StartError::Kind::kSystem, "", error.what());
  } catch (...) {
    stop(0);
    throw;
  }
}

// Makes what the shards have in common.
void Server::Implementation::share() {
  const SignalsBlocked blocked;  // for the workers
  router_ = std::make_unique<Router>(options_.sites, options_.log);
  hashes_ = std::make_unique<ContentHashes>();
  workers_ =
      std::make_unique<WorkerPool>(limits_.background_thread_count, limits_.background_queue_count);
  if (!options_.cache_directory.empty()) {
    variants_ = std::make_unique<VariantStore>(
        *workers_, VariantStore::Settings{.directory = options_.cache_directory,
                                          .capacity_bytes = limits_.cache_bytes,
                                          .log = options_.log});
    if (variants_->usable()) {
      made_ = std::make_unique<DocumentRoot>(options_.cache_directory, Symlinks::kNone);
    }
  }
  settings_ =
      std::make_unique<ShardSettings>(ShardSettings{.router = *router_,
                                                    .workers = *workers_,
                                                    .hashes = *hashes_,
                                                    .variants = made_ ? variants_.get() : nullptr,
                                                    .made = made_.get(),
                                                    .thresholds = options_.thresholds,
                                                    .limits = limits_,
                                                    .log = options_.log});
}

void Server::Implementation::begin(ShardThread& shard_thread, std::vector<UniqueFd> listening,
                                   int processor) {
  std::promise<Result<void>> started;
  std::future<Result<void>> start = started.get_future();
  std::promise<void> ended;
  shard_thread.ended = ended.get_future();

  // Inherited by the new thread: signals are the program's affair.
  std::optional<SignalsBlocked> blocked(std::in_place);
  shard_thread.thread =
      std::thread([this, &shard_thread, processor, listening = std::move(listening),
                   started = std::move(started), ended = std::move(ended)]() mutable {
        pthread_setname_np(pthread_self(), "sluice-shard");
        pin_to(processor);
        ask_for_short_time_slices();
        Result<void> enabled;
        try {
          // On this thread: when a ring goes, the kernel interrupts the thread that made it, and
          // the caller's system calls would fail with EINTR some time after stop().
          shard_thread.shard = std::make_unique<Shard>(*settings_, std::move(listening));
          enabled = shard_thread.shard->enable();
          started.set_value(enabled);
        } catch (...) {
          started.set_exception(std::current_exception());
          return;
        }
        if (enabled) shard_thread.shard->run();
        ended.set_value();
      });
  blocked.reset();

  const Result<void> enabled = start.get();
  if (!enabled) {
    throw StartError(StartError::Kind::kSystem, "", explain_refusal(enabled.error()));
  }
}

void Server::Implementation::post(Mailbox::Order order) noexcept {
  for (const ShardThread& shard_thread : threads_) {
    if (shard_thread.shard) shard_thread.shard->post(order);
  }
}

bool Server::Implementation::ended_by(Clock::time_point time) const {
  return std::ranges::all_of(threads_, [time](const ShardThread& shard_thread) {
    return !shard_thread.thread.joinable() ||
           shard_thread.ended.wait_until(time) == std::future_status::ready;
  });
}

bool Server::Implementation::stop(uint64_t drain_timeout_ms) {
  post(Mailbox::Order::kDrain);
  if (!ended_by(Clock::now() + std::chrono::milliseconds(drain_timeout_ms))) {
    post(Mailbox::Order::kAbort);
    if (workers_) workers_->cancel();
    if (!ended_by(Clock::now() + kAbortTime)) return false;
  }
  join();
  return true;
}

void Server::Implementation::join() {
  for (ShardThread& shard_thread : threads_) {
    if (shard_thread.thread.joinable()) shard_thread.thread.join();
  }
  {
    const std::scoped_lock lock(stats_mutex_);
    for (const Counters* counters : counters_) add(ended_, *counters);
    counters_.clear();
  }
  // The workers end before what they work on, and before the mailboxes that they tell it to.
  if (workers_) workers_->stop();
  threads_.clear();
  settings_.reset();
  made_.reset();
  variants_.reset();
  workers_.reset();
  hashes_.reset();
  router_.reset();
  for (const std::string& path : unix_paths_) unlink(path.c_str());
  unix_paths_.clear();
  addresses_.clear();
}

Stats Server::Implementation::stats() const noexcept {
  const std::scoped_lock lock(stats_mutex_);
  Stats sum = ended_;
  for (const Counters* counters : counters_) add(sum, *counters);
  return sum;
}

Server::Server(Options options)
    : implementation_(std::make_unique<Implementation>(std::move(options))) {}
Server::~Server() = default;

void Server::route(std::string prefix, Handler handler) {
  implementation_->route(std::move(prefix), std::move(handler));
}
void Server::start() { implementation_->start(); }
const std::vector<std::string>& Server::addresses() const noexcept {
  return implementation_->addresses();
}
bool Server::stop(uint64_t drain_timeout_ms) { return implementation_->stop(drain_timeout_ms); }
Stats Server::stats() const noexcept { return implementation_->stats(); }

const char* version() noexcept { return SLUICE_VERSION; }

}  // namespace sluice
