#include "sim/fake_ring.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sim/trace.h"

namespace sluice::sim {

namespace {

// No run needs nearly as many; one that does goes in circles.
constexpr uint64_t kMostTurns = 5'000'000;

}  // namespace

FakeRing::FakeRing(const Options& options)
    : options_(options),
      random_(options.seed),
      buffers_(options.buffer_count, options.buffer_bytes),
      kernel_(buffers_, options_.faults, random_),
      direct_(kernel_, options_.faults),
      now_ms_(options.start_ms) {
  prepared_.reserve(options.queue_entries);
}

FakeRing::~FakeRing() = default;

io_uring_sqe& FakeRing::next_entry() noexcept {
  if (prepared_.size() == options_.queue_entries) submit();
  return prepared_.emplace_back();
}

void FakeRing::reserve(unsigned entry_count) noexcept {
  const bool early = random_.chance(options_.faults.early_submission);
  if (early || options_.queue_entries - prepared_.size() < entry_count) submit();
}

io_uring_sqe& FakeRing::prepare(Operation& operation, unsigned part) noexcept {
  io_uring_sqe& entry = next_entry();
  entry.user_data =
      (operation.in_flight() ? operation.user_data() : operation.begin(++generation_)) | part;
  return entry;
}

io_uring_sqe& FakeRing::prepare_unattended() noexcept { return next_entry(); }

void FakeRing::submit() {
  std::unique_ptr<Pending> pending;
  for (const io_uring_sqe& sqe : prepared_) {
    submitted_.push_back(sqe.opcode);
    if (!pending) pending = std::make_unique<Pending>();
    pending->chain.push_back(kernel_.submitted(sqe));
    if ((sqe.flags & IOSQE_IO_LINK) != 0) continue;
    check_chain(*pending);
    const int last_descriptor = sqe.fd;
    for (Entry& entry : pending->chain) entry.socket = last_descriptor;
    pending_.push_back(std::move(pending));
  }
  if (pending) report("a chain was handed over in two pieces");
  prepared_.clear();
}

void FakeRing::check_chain(const Pending& pending) {
  for (size_t i = 0; i + 1 < pending.chain.size(); ++i) {
    const io_uring_sqe& sqe = pending.chain[i].sqe;
    if ((sqe.flags & IOSQE_CQE_SKIP_SUCCESS) == 0) report("a chain with several completions");
    if ((sqe.user_data ^ pending.chain.back().sqe.user_data) > Operation::kPartMask) {
      report("a chain of several operations");
    }
  }
}

void FakeRing::submit_and_wait(uint64_t timeout_ms) noexcept {
  submit();
  const uint64_t timeout_end_ms = timeout_ms > kNever - now_ms_ ? kNever : now_ms_ + timeout_ms;
  while (!broken()) {
    ++turn_;
    pass_time();
    const bool world_moved = world_ != nullptr && world_->act(now_ms_);
    const bool moved = work();
    if (turn_ > kMostTurns) report("the run does not end");
    const uint64_t end_ms = std::min(timeout_end_ms, wake_ms_);
    if (timeout_ms == 0 || anything_to_see() || now_ms_ >= end_ms) return;
    if (wake_condition_ && wake_condition_()) return;
    if (world_moved || moved || held_back_by_turns()) continue;

    const uint64_t next_ms = std::min(end_ms, next_event_ms());
    if (next_ms == kNever) report("nothing can ever happen again" + describe_pending());
    now_ms_ = std::max(now_ms_, next_ms);
  }
}

void FakeRing::pass_time() noexcept {
  if (random_.chance(options_.faults.tick)) ++now_ms_;
}

uint64_t FakeRing::next_event_ms() const {
  uint64_t next_ms = world_ == nullptr ? kNever : world_->next_ms();
  for (const Posted& posted : posted_) next_ms = std::min(next_ms, posted.visible_ms);
  return next_ms;
}

// Tries everything that is under way once; true when that, or trying it again, leads on.
bool FakeRing::work() {
  order_.resize(pending_.size());
  for (size_t i = 0; i < order_.size(); ++i) order_[i] = i;
  if (options_.faults.reordering) {
    for (size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random_.below(i)]);
  }
  bool moved = false;
  for (const size_t index : order_) {
    Pending& pending = *pending_[index];
    if (pending.over) continue;  // cancelled just now
    if (random_.chance(options_.faults.lazy)) {
      ++kernel_.counts().lazy;
      moved = true;
    } else if (advance(pending)) {
      moved = true;
    }
  }
  std::erase_if(pending_, [](const auto& pending) { return pending->over; });
  return moved;
}

bool FakeRing::advance(Pending& pending) {
  bool moved = false;
  for (unsigned burst = options_.multishot_burst; burst > 0 && !pending.over; --burst) {
    Entry& entry = pending.chain[pending.current];
    if (entry.sqe.opcode == IORING_OP_ASYNC_CANCEL) {
      cancel(entry.sqe.addr);
      pending.over = true;
      return true;
    }
    const Attempt attempt = kernel_.attempt(entry);
    switch (attempt.state) {
      case Attempt::State::kBlocked:
        return moved;
      case Attempt::State::kProgressed:
        return true;
      case Attempt::State::kMore:
        post(pending, attempt.result, attempt.flags);
        break;
      case Attempt::State::kDone:
        settle(pending, attempt);
        break;
    }
    moved = true;
    // The next part of a chain, too, may have to wait for its turn.
    if (random_.chance(options_.faults.lazy)) return true;
  }
  return moved;
}

void FakeRing::settle(Pending& pending, const Attempt& attempt) {
  const bool last = pending.current + 1 == pending.chain.size();
  const bool quiet = (pending.chain[pending.current].sqe.flags & IOSQE_CQE_SKIP_SUCCESS) != 0;
  if (!last && !attempt.failed) {
    ++pending.current;
    return;
  }
  // What was cancelled behind a quiet part that failed stays quiet.
  if (attempt.failed || !quiet) post(pending, attempt.result, attempt.flags);
  pending.over = true;
}

void FakeRing::cancel(uint64_t user_data) {
  for (const auto& pending : pending_) {
    if (pending->over || pending->chain.front().sqe.user_data != user_data) continue;
    post(*pending, -ECANCELED, 0);
    pending->over = true;
    return;
  }
}

void FakeRing::post(Pending& pending, int32_t result, uint32_t flags) {
  const Faults& faults = options_.faults;
  uint64_t visible_turn = turn_;
  uint64_t visible_ms = now_ms_;
  if (random_.chance(faults.late)) {
    ++kernel_.counts().late;
    visible_turn += random_.between(1, faults.late_turns);
  }
  if (random_.chance(faults.very_late)) {
    ++kernel_.counts().very_late;
    visible_ms += random_.between(1, faults.very_late_ms);
  }
  pending.visible_turn = std::max(pending.visible_turn, visible_turn);
  pending.visible_ms = std::max(pending.visible_ms, visible_ms);
  const Entry& entry = pending.chain[pending.current];
  for (const uint64_t part : {uint64_t{entry.sqe.opcode}, static_cast<uint64_t>(result),
                              uint64_t{flags}, turn_, now_ms_}) {
    fingerprint_ = Random(fingerprint_ ^ part).next();
  }
  trace(now_ms_, "  fd %d opcode %u of %u bytes: %d, flags %x; seen at turn +%llu, %llu ms",
        entry.sqe.fd, entry.sqe.opcode, entry.sqe.len, result, flags & 3U,
        static_cast<unsigned long long>(pending.visible_turn - turn_),
        static_cast<unsigned long long>(pending.visible_ms));
  if (entry.sqe.user_data == 0) return;  // nobody waits for it
  posted_.push_back({entry.sqe.user_data, result, flags, pending.visible_turn, pending.visible_ms});
}

bool FakeRing::can_be_seen(const Posted& posted) const noexcept {
  return posted.visible_turn <= turn_ && posted.visible_ms <= now_ms_;
}

bool FakeRing::anything_to_see() const noexcept {
  return std::any_of(posted_.begin(), posted_.end(),
                     [this](const Posted& posted) { return can_be_seen(posted); });
}

bool FakeRing::held_back_by_turns() const noexcept {
  return std::any_of(posted_.begin(), posted_.end(), [this](const Posted& posted) {
    return posted.visible_turn > turn_ && posted.visible_ms <= now_ms_;
  });
}

void FakeRing::drain() noexcept {
  std::vector<Posted> seen;
  std::erase_if(posted_, [this, &seen](const Posted& posted) {
    if (!can_be_seen(posted)) return false;
    seen.push_back(posted);
    return true;
  });
  for (const Posted& posted : seen) {
    Operation::dispatch(posted.user_data, posted.result, posted.flags);
  }
}

std::string FakeRing::problem() const { return problem_.empty() ? kernel_.problem() : problem_; }

void FakeRing::report(const std::string& problem) {
  if (problem_.empty()) problem_ = problem;
}

std::string FakeRing::describe_pending() const {
  std::string text = "; under way:";
  for (const auto& pending : pending_) {
    const io_uring_sqe& sqe = pending->chain[pending->current].sqe;
    text +=
        " opcode " + std::to_string(sqe.opcode) + " on descriptor " + std::to_string(sqe.fd) + ",";
  }
  return text + " no timer is set";
}

}  // namespace sluice::sim
