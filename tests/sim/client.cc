#include "sim/client.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "sim/trace.h"

namespace sluice::sim {

namespace {

std::vector<bool> without_body(const Script& script) {
  std::vector<bool> answers;
  for (const RequestPlan& plan : script.requests) answers.push_back(plan.expectation.head_only);
  return answers;
}

}  // namespace

Client::Client(Script script, Random random, UniqueFd socket, uint64_t now_ms)
    : script_(std::move(script)),
      random_(random),
      socket_(std::move(socket)),
      reader_(without_body(script_)),
      send_at_ms_(now_ms),
      read_at_ms_(now_ms),
      admitted_ms_(now_ms),
      last_sent_ms_(now_ms),
      last_answer_ms_(now_ms),
      last_received_ms_(now_ms) {
  for (const RequestPlan& plan : script_.requests) {
    head_ends_.push_back(outgoing_.size() + plan.head_bytes);
    outgoing_ += plan.bytes;
    request_ends_.push_back(outgoing_.size());
  }
}

bool Client::act(uint64_t now_ms) {
  next_ms_ = Ring::kNever;
  if (over()) return false;
  if (random_.chance(script_.lazy)) return true;
  bool moved = leave(now_ms);
  if (!over()) moved |= send_some(now_ms);
  if (!over()) moved |= receive_some(now_ms);
  return moved;
}

uint64_t Client::next_ms() const noexcept {
  return over() ? Ring::kNever : std::min(next_ms_, script_.vanishes_at_ms);
}

// How much may be sent before more answers are there.
size_t Client::last_offset_allowed() const noexcept {
  const size_t count = reader_.complete().size() + script_.window;
  const size_t end = count >= request_ends_.size() ? outgoing_.size() : request_ends_[count - 1];
  return std::min({end, script_.stops_sending_after, script_.vanishes_after_sent});
}

bool Client::send_some(uint64_t now_ms) {
  const size_t end = last_offset_allowed();
  if (sent_bytes_ == outgoing_.size() && script_.leaving == Script::Leaving::kHalfClose &&
      !half_closed_) {
    half_closed_ = true;
    shutdown(socket_.get(), SHUT_WR);
    return true;
  }
  if (cannot_send_ || sent_bytes_ >= end) return false;
  if (send_at_ms_ > now_ms) {
    next_ms_ = std::min(next_ms_, send_at_ms_);
    return false;
  }
  const size_t most = std::min(end - sent_bytes_, script_.piece_bytes);
  const ssize_t sent = send(socket_.get(), outgoing_.data() + sent_bytes_, random_.between(1, most),
                            MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) {
    // The server reads no more: what it has said is still to be read.
    if (errno != EAGAIN) cannot_send_ = true;
    return false;
  }
  const bool begins_head = sent_bytes_ == 0 || std::find(request_ends_.begin(), request_ends_.end(),
                                                         sent_bytes_) != request_ends_.end();
  if (begins_head) head_began_ms_ = now_ms;
  trace(now_ms, "client at %d: sent %zd", socket_.get(), sent);
  sent_bytes_ += static_cast<size_t>(sent);
  last_sent_ms_ = now_ms;
  if (random_.chance(script_.pause)) send_at_ms_ = now_ms + random_.between(1, script_.pause_ms);
  return true;
}

bool Client::receive_some(uint64_t now_ms) {
  if (!has_stalled_ && received_bytes_ >= script_.stalls_after) {
    has_stalled_ = true;
    stalled_until_ms_ = script_.stall_ms == Ring::kNever ? Ring::kNever : now_ms + script_.stall_ms;
  }
  const uint64_t when_ms = std::max(read_at_ms_, stalled_until_ms_);
  if (when_ms > now_ms) {
    next_ms_ = std::min(next_ms_, when_ms);
    return false;
  }
  char buffer[65'536];
  const size_t most = std::min(script_.read_bytes, sizeof buffer);
  const ssize_t received = recv(socket_.get(), buffer, most, MSG_DONTWAIT);
  if (received < 0 && errno == EAGAIN) return false;
  if (received <= 0) {
    finish(received == 0 ? End::kEnd : End::kReset, now_ms);
    return true;
  }
  const size_t answers_before = reader_.complete().size();
  trace(now_ms, "client at %d: received %zd", socket_.get(), received);
  reader_.feed({buffer, static_cast<size_t>(received)});
  if (reader_.complete().size() > answers_before) last_answer_ms_ = now_ms;
  received_bytes_ += static_cast<uint64_t>(received);
  last_received_ms_ = now_ms;
  read_at_ms_ = now_ms + script_.read_every_ms;
  if (!reader_.problem().empty()) finish(End::kVanished, now_ms);
  return true;
}

// A client that never reads again cannot see its end, so somebody has to tell it.
bool Client::leave(uint64_t now_ms) {
  const bool vanishes = now_ms >= script_.vanishes_at_ms ||
                        sent_bytes_ >= script_.vanishes_after_sent ||
                        received_bytes_ >= script_.vanishes_after_received;
  if (vanishes) {
    finish(End::kVanished, now_ms);
    return true;
  }
  if (script_.leaving == Script::Leaving::kWhenAnswered && answered()) {
    finish(End::kLeft, now_ms);
    return true;
  }
  return false;
}

size_t Client::answerable() const noexcept {
  const auto& requests = script_.requests;
  for (size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].expectation.afterwards == Afterwards::kEnds) return i + 1;
  }
  return requests.size();
}

// All answers are there that can be expected, and the last did not promise the end.
bool Client::answered() const noexcept {
  const auto& requests = script_.requests;
  return sent_bytes_ == outgoing_.size() && reader_.complete().size() >= requests.size() &&
         (requests.empty() || requests.back().expectation.afterwards == Afterwards::kPersists);
}

void Client::finish(End end, uint64_t now_ms) noexcept {
  trace(now_ms, "client at %d: over (%d) after %zu answers", socket_.get(), static_cast<int>(end),
        reader_.complete().size());
  end_ = end;
  ended_ms_ = now_ms;
  socket_.reset();
}

size_t Client::heads_sent() const noexcept {
  return static_cast<size_t>(std::count_if(head_ends_.begin(), head_ends_.end(),
                                           [this](size_t end) { return end <= sent_bytes_; }));
}

std::string Client::judge(const Allowance& allowance, const Limits& limits, bool excused) const {
  if (!reader_.problem().empty()) return reader_.problem();
  std::string problem = judge_answers(allowance, limits);
  if (problem.empty()) problem = judge_end(allowance, excused);
  if (problem.empty() && !excused && !allowance.draining) problem = judge_times(limits);
  return problem;
}

// What answer `index`, which has this status, should be.
Expectation Client::expectation(size_t index, int status, const Allowance& allowance) const {
  const Expectation& planned = script_.requests[index].expectation;
  // 408 is for a head that was begun and not ended, and for nothing else.
  const size_t head_begin = index == 0 ? 0 : request_ends_[index - 1];
  const bool dawdled = (script_.may_time_out || allowance.draining) && index == heads_sent() &&
                       sent_bytes_ > head_begin;
  if (status != 408 || !dawdled) return planned;
  Expectation timeout = Expectation::error(408, Afterwards::kEnds);
  timeout.head_only = planned.head_only;
  return timeout;
}

std::string Client::judge_answers(const Allowance& allowance, const Limits& limits) const {
  const auto& answers = reader_.complete();
  const size_t begun = answers.size() + (reader_.within_response() ? 1 : 0);
  Afterwards before = Afterwards::kPersists;
  for (size_t i = 0; i < begun; ++i) {
    const bool whole = i < answers.size();
    const std::string which = (whole ? "answer " : "a part of answer ") + std::to_string(i) + ": ";
    if (i >= script_.requests.size()) return which + "to no request";
    if (before == Afterwards::kEnds) return which + "after the connection was said to close";
    if (!whole && reader_.unfinished() == nullptr) return "";
    const ReceivedResponse& answer = whole ? answers[i] : *reader_.unfinished();
    const Expectation wanted = expectation(i, answer.status, allowance);
    const std::string problem =
        whole ? compare(answer, wanted, allowance) : compare_beginning(answer, wanted, allowance);
    if (!problem.empty()) return which + problem;
    const uint64_t patience_ms = allowance.draining ? limits.drain_head_ms : limits.head_timeout_ms;
    // Who stalls may begin a head at the very moment at which it has been idle for too long.
    if (wanted.status == 408 && !has_stalled_ && last_received_ms_ < head_began_ms_ + patience_ms) {
      return which + "408 too early";
    }
    before = wanted.afterwards;
  }
  return "";
}

std::string Client::judge_end(const Allowance& allowance, bool excused) const {
  const size_t count = reader_.complete().size();
  if (end_ == End::kVanished || excused) return "";
  // Also one that was sent to its end counts as cut short if the server sees the cut before that.
  const auto may_be_cut = [this, &allowance](size_t index) {
    return allowance.cut_to && index < script_.requests.size() &&
           script_.requests[index].expectation.of_shrinking_file;
  };
  const bool cut_short = may_be_cut(count) || (count > 0 && may_be_cut(count - 1));
  const bool stalled = has_stalled_ && script_.may_time_out;
  if (cut_short || stalled) return "";
  if (reader_.within_response()) return "the connection ended within a response";
  const size_t expected = std::min(answerable(), heads_sent());
  if (count >= expected) return "";
  const bool ended_silently =
      count > 0 && script_.requests[count - 1].expectation.afterwards == Afterwards::kMayEnd;
  if (allowance.draining || ended_silently) return "";
  return "the connection ended after " + std::to_string(count) + " of " + std::to_string(expected) +
         " answers";
}

// Where the server ends a connection by itself, it does so in its time. What faults may add to that
// is far less than the slack.
std::string Client::judge_times(const Limits& limits) const {
  constexpr uint64_t kSlackMs = 6'000;
  if (end_ != End::kEnd && end_ != End::kReset) return "";
  const uint64_t waited_ms = ended_ms_ - std::max({last_received_ms_, last_sent_ms_, admitted_ms_});
  const uint64_t longest_ms =
      std::max({limits.idle_timeout_ms, limits.head_timeout_ms, limits.send_progress_timeout_ms}) +
      limits.linger_ms + kSlackMs + (has_stalled_ ? script_.stall_ms : 0);
  if (script_.stall_ms != Ring::kNever && waited_ms > longest_ms) {
    return "the server took " + std::to_string(waited_ms) + " ms to end the connection";
  }
  const size_t count = reader_.complete().size();
  const bool idle = script_.leaving == Script::Leaving::kWaitsForServer && !cannot_send_ &&
                    count == script_.requests.size() && sent_bytes_ == outgoing_.size() &&
                    script_.stops_sending_after == UINT64_MAX && !has_stalled_;
  if (!idle) return "";
  const bool persists =
      count == 0 || script_.requests.back().expectation.afterwards == Afterwards::kPersists;
  const uint64_t patience_ms = count == 0 ? limits.head_timeout_ms : limits.idle_timeout_ms;
  if (persists && ended_ms_ - last_sent_ms_ < patience_ms) {
    return "an idle connection was closed after " + std::to_string(ended_ms_ - last_sent_ms_) +
           " ms";
  }
  return "";
}

}  // namespace sluice::sim
