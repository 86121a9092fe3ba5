#include "sim/simulation.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "sim/site.h"
#include "sim/trace.h"

namespace sluice::sim {

namespace {

constexpr uint64_t kStartMs = 1'000'000;
// By then every client has left by itself or run into a deadline.
constexpr uint64_t kLongestRunMs = 3'600'000;
// How long the server may need once nothing keeps it.
constexpr uint64_t kSettleMs = 10'000;

// An address that the kernel chose; filled in by getsockname(2).
struct AbstractAddress {
  sockaddr_un address{};
  socklen_t length = sizeof address;

  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&address); }
};

UniqueFd listen_somewhere(std::string& name) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  AbstractAddress bound;
  bound.address.sun_family = AF_UNIX;
  if (bind(socket.get(), bound.get(), sizeof(sa_family_t)) != 0 || listen(socket.get(), 4) != 0 ||
      getsockname(socket.get(), bound.get(), &bound.length) != 0) {
    throw std::system_error(errno, std::system_category(), "listen");
  }
  name.assign(reinterpret_cast<const char*>(&bound.address), bound.length);
  return socket;
}

}  // namespace

Simulation::Simulation(uint64_t seed) : random_(seed) {
  FakeRing::Options options;
  options.seed = random_.next();
  options.faults = Faults::drawn(random_);
  options.start_ms = kStartMs + random_.below(1'000);
  options.queue_entries = random_.pick({4U, 8U, 64U});
  options.multishot_burst = random_.pick({1U, 2U, 8U});
  draw_limits();
  options.buffer_count = limits_.receive_buffer_count;
  options.buffer_bytes = limits_.receive_buffer_bytes;
  server_ = std::make_unique<SimServer>(Site::shared().root(), limits_, options, draw_transfer());
  server_->ring().surround_with(this);
  server_->ring().kernel().listen(this);

  files_change_ = random_.chance(0.15);
  if (files_change_) {
    Site::shared().restore();
    shrinks_at_ms_ = options.start_ms + random_.below(400);
    swaps_at_ms_ = options.start_ms + random_.below(400);
  }
  listens_ = random_.chance(0.3);
  connection_count_ = random_.pick({1U, 2U, 3U, 100U});
  if (listens_) server_->listen(listen_somewhere(listen_name_), connection_count_);
  draw_visitors();
  draw_ending();
}

Simulation::~Simulation() = default;

void Simulation::draw_limits() {
  limits_.head_bytes = random_.pick<size_t>({1'024, 16 * 1'024});
  limits_.target_bytes = limits_.head_bytes / 2;
  limits_.unwanted_content_bytes = random_.pick<uint64_t>({500, 4'000});
  limits_.pipe_count = random_.pick({1U, 2U, 3U, 64U});
  limits_.pipe_bytes = 65'536;
  limits_.stalled_pipe_ms = random_.pick<uint64_t>({0, 20, 250});
  limits_.open_file_count = random_.pick({0U, 1U, 3U, 1'024U});
  limits_.open_file_ttl_ms = random_.pick<uint64_t>({0, 5, 1'000});
  limits_.backlog_count = random_.pick({1U, 4'096U});
  limits_.receive_buffer_count = random_.pick<uint16_t>({2, 4, 8, 64});
  limits_.receive_buffer_bytes = random_.pick<uint32_t>({32, 64, 256, 4'096});
}

SimTransfer Simulation::draw_transfer() {
  SimTransfer transfer;
  transfer.route =
      random_.pick({Route::kAuto, Route::kAuto, Route::kCopy, Route::kSendfile, Route::kSplice,
                    Route::kRingSplice, Route::kMapped, Route::kZeroCopySend});
  transfer.thresholds.mapped_bytes = random_.pick<uint64_t>({0, 5'000, 32 * 1024});
  transfer.thresholds.mapped_again_bytes = random_.pick<uint64_t>({0, 60'000});
  transfer.thresholds.sendfile_bytes =
      transfer.thresholds.mapped_bytes + random_.pick<uint64_t>({0, 40'000, 96 * 1024});
  transfer.one_time_bytes = random_.pick<uint64_t>({0, 0, 0, 1, 60'000});
  return transfer;
}

void Simulation::draw_visitors() {
  const uint64_t count = random_.pick<uint64_t>({1, 1, 2, 3, 5, 8});
  const uint64_t spread_ms = random_.pick<uint64_t>({1, 500, 20'000});
  for (uint64_t i = 0; i < count; ++i) {
    Visitor& visitor = visitors_.emplace_back();
    visitor.arrives_ms = server_->ring().now_ms() + random_.below(spread_ms);
    visitor.send_buffer_bytes = random_.pick<uint64_t>({0, 0, 2'304, 20'000});
    // Whatever the buffer, a splice puts a pipe's contents into it as one, of which nothing counts
    // as taken before all of it is.
    const uint64_t held_bytes = visitor.send_buffer_bytes == 0 ? 250'000 : 100'000;
    visitor.script = draw_script(random_, limits_, held_bytes, files_change_ && random_.chance(0.7),
                                 visitor.arrives_ms);
    visitor.random = random_.fork();
  }
}

void Simulation::draw_ending() {
  ending_ = random_.pick(
      {Ending::kNatural, Ending::kNatural, Ending::kNatural, Ending::kDrain, Ending::kAbort});
  if (ending_ == Ending::kNatural) return;
  ends_at_ms_ =
      server_->ring().now_ms() + random_.below(random_.pick<uint64_t>({10, 1'000, 70'000}));
}

void Simulation::change_files(uint64_t now_ms) {
  if (now_ms >= shrinks_at_ms_) {
    const uint64_t cut = random_.below(Site::shared().shrinking().content.size());
    allowance_.cut_to = random_.chance(0.5) ? cut : cut & ~4'095ULL;
    Site::shared().shrink(*allowance_.cut_to);
    trace(now_ms, "a file is cut");
    shrinks_at_ms_ = Ring::kNever;
  }
  if (now_ms >= swaps_at_ms_) {
    allowance_.swapped = true;
    Site::shared().swap();
    trace(now_ms, "a file is replaced");
    swaps_at_ms_ = Ring::kNever;
  }
}

bool Simulation::act(uint64_t now_ms) {
  bool moved = false;
  change_files(now_ms);
  if (now_ms >= ends_at_ms_ && !ended_) server_->ring().wake_at(now_ms);
  const size_t first = random_.below(visitors_.size());
  for (size_t i = 0; i < visitors_.size(); ++i) {
    const size_t index = (first + i) % visitors_.size();
    Visitor& visitor = visitors_[index];
    if (!visitor.client && !visitor.stays_away && now_ms >= visitor.arrives_ms) {
      arrive(index);
      moved = true;
    }
    if (visitor.client && visitor.client->act(now_ms)) moved = true;
  }
  // Then there may be nothing more to wait for.
  if (!settling_ && visitors_are_gone()) server_->ring().wake_at(now_ms);
  return moved;
}

uint64_t Simulation::next_ms() const {
  uint64_t next = std::min(shrinks_at_ms_, swaps_at_ms_);
  if (!ended_) next = std::min(next, ends_at_ms_);
  for (const Visitor& visitor : visitors_) {
    if (visitor.stays_away) continue;
    next = std::min(next, visitor.client ? visitor.client->next_ms() : visitor.arrives_ms);
  }
  return next;
}

void Simulation::arrive(size_t index) {
  Visitor& visitor = visitors_[index];
  const uint64_t now_ms = server_->ring().now_ms();
  if (listens_) {
    // The backlog may be full: then it tries again.
    if (!connect(index)) visitor.arrives_ms = now_ms + 50;
    return;
  }
  SocketPair pair = make_socket_pair();
  visitor.client =
      std::make_unique<Client>(visitor.script, visitor.random, std::move(pair.client), now_ms);
  arrived_.emplace_back(index, std::move(pair.server));
  server_->ring().wake_at(now_ms);
}

bool Simulation::connect(size_t index) {
  Visitor& visitor = visitors_[index];
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto* address = reinterpret_cast<const sockaddr*>(listen_name_.data());
  if (::connect(socket.get(), address, static_cast<socklen_t>(listen_name_.size())) != 0) {
    return false;
  }
  visitor.client = std::make_unique<Client>(visitor.script, visitor.random, std::move(socket),
                                            server_->ring().now_ms());
  waiting_.push_back(index);
  return true;
}

void Simulation::accepted(int socket) {
  const size_t index = waiting_.front();
  waiting_.pop_front();
  adopt(index, socket);
}

void Simulation::adopt(size_t index, int socket) {
  Visitor& visitor = visitors_[index];
  trace(server_->ring().now_ms(), "client %zu is at the server's descriptor %d", index, socket);
  by_socket_[socket] = index;
  visitor.client->admitted(server_->ring().now_ms());
  if (visitor.send_buffer_bytes == 0) return;
  const int bytes = static_cast<int>(visitor.send_buffer_bytes);
  setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

void Simulation::disturbed(int socket) {
  trace(server_->ring().now_ms(), "fault at the server's descriptor %d", socket);
  if (socket != kAnybody) {
    visitors_[by_socket_.at(socket)].disturbed = true;
    return;
  }
  for (Visitor& visitor : visitors_) visitor.disturbed = visitor.disturbed || visitor.client;
}

void Simulation::serve_arrived() {
  for (auto& [index, socket] : arrived_) {
    adopt(index, socket.get());
    server_->serve(std::move(socket));
  }
  arrived_.clear();
}

void Simulation::end_if_due() {
  if (ended_ || server_->ring().now_ms() < ends_at_ms_) return;
  trace(server_->ring().now_ms(), "the server is told to end");
  ended_ = true;
  allowance_.draining = true;
  for (Visitor& visitor : visitors_) visitor.stays_away = !visitor.client;
  if (ending_ == Ending::kDrain) return server_->drain();
  for (Visitor& visitor : visitors_) visitor.disturbed = true;
  server_->abort();
}

bool Simulation::visitors_are_gone() const {
  return std::all_of(visitors_.begin(), visitors_.end(), [](const Visitor& visitor) {
    return visitor.stays_away || (visitor.client && visitor.client->over());
  });
}

// What must hold at every moment.
std::string Simulation::watch() {
  if (server_->ring().broken()) return server_->ring().problem();
  if (server_->pipes().in_use() > limits_.pipe_count) return "more pipes than there may be";
  if (listens_ && server_->counters().connections_open.value() > connection_count_) {
    return "more connections than there may be";
  }
  if (server_->ring().now_ms() > kStartMs + kLongestRunMs) return "the run does not end";
  return "";
}

std::string Simulation::judge_leavers() {
  allowance_.refused_opens = fault_counts().open_refused > 0;
  for (size_t i = 0; i < visitors_.size(); ++i) {
    Visitor& visitor = visitors_[i];
    if (visitor.judged || !visitor.client || !visitor.client->over()) continue;
    visitor.judged = true;
    answers_seen_ += visitor.client->reader().complete().size();
    const std::string problem = visitor.client->judge(allowance_, limits_, visitor.disturbed);
    if (!problem.empty()) return "client " + std::to_string(i) + ": " + problem;
  }
  return "";
}

std::string Simulation::run() {
  while (true) {
    serve_arrived();
    end_if_due();
    if (visitors_are_gone() || (ended_ && server_->over())) return settle();
    server_->ring().wake_at(Ring::kNever);
    server_->reactor().turn();
    std::string problem = watch();
    if (problem.empty()) problem = judge_leavers();
    if (!problem.empty()) return problem;
  }
}

// Nobody is left, or the server is at its end: it must come to rest soon, and leave nothing.
std::string Simulation::settle() {
  settling_ = true;
  shrinks_at_ms_ = swaps_at_ms_ = Ring::kNever;
  if (!ended_) {
    ended_ = true;
    serve_arrived();
    server_->drain();
  }
  const bool came_to_rest = server_->run_until([this] { return server_->over(); }, kSettleMs);
  if (std::string problem = watch(); !problem.empty()) return problem;
  if (!came_to_rest) return "connections are left although all clients are gone";
  // Who has not been accepted yet is turned away now.
  allowance_.draining = true;
  server_->close_listener();
  uint64_t now_ms = server_->ring().now_ms();
  while (!visitors_are_gone() && (act(now_ms) || next_ms() != Ring::kNever)) {
    if (next_ms() != Ring::kNever) now_ms = std::max(now_ms, next_ms());
  }
  if (!visitors_are_gone()) return "a client is left although the server is gone";
  std::string problem = judge_leavers();
  return problem.empty() ? server_->what_is_left() : problem;
}

}  // namespace sluice::sim
