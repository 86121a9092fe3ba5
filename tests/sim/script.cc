#include <algorithm>

#include "sim/client.h"

namespace sluice::sim {

namespace {

void choose_sending(Script& script, Random& random, uint64_t request_bytes) {
  script.window = random.pick<size_t>({1, 1, 2, 3, 100});
  // A byte at a time is for the small ones.
  script.piece_bytes = std::max<size_t>(random.pick<size_t>({1, 7, 60, 1'000, SIZE_MAX, SIZE_MAX}),
                                        request_bytes / 300);
  if (!random.chance(0.3)) return;
  // All pauses together must stay well below the time that a head may take.
  uint64_t longest = 0;
  for (const RequestPlan& plan : script.requests) {
    longest = std::max<uint64_t>(longest, plan.bytes.size());
  }
  const uint64_t pieces = script.piece_bytes > longest ? 6 : 1 + 2 * longest / script.piece_bytes;
  script.pause = std::min(1.0, 20.0 / static_cast<double>(pieces));
  script.pause_ms = random.pick<uint64_t>({1, 10, 60});
}

void choose_receiving(Script& script, Random& random, const Limits& limits,
                      uint64_t send_buffer_bytes) {
  if (random.chance(0.25)) {
    script.read_every_ms = random.pick<uint64_t>({1, 20, 200, 1'000});
    // The server sees progress only when its buffer has drained for the most part.
    const uint64_t least =
        send_buffer_bytes * script.read_every_ms * 4 / limits.send_progress_timeout_ms;
    script.read_bytes = random.between(least + 1, least * 3 + 2'000);
  } else if (random.chance(0.2)) {
    uint64_t body_bytes = 0;
    for (const RequestPlan& plan : script.requests) body_bytes += plan.expectation.body.size();
    script.read_bytes = std::max<size_t>(random.pick<size_t>({1, 100, 5'000}), body_bytes / 500);
  }
  if (!random.chance(0.15)) return;
  script.stalls_after = random.pick<uint64_t>({0, 10, 5'000, 50'000});
  script.stall_ms = random.pick<uint64_t>({100, 1'000, limits.send_progress_timeout_ms / 2,
                                           limits.send_progress_timeout_ms * 2, Ring::kNever});
  script.may_time_out = script.stall_ms >= limits.send_progress_timeout_ms;
  // One that takes nothing any more has to leave by itself.
  if (script.stall_ms == Ring::kNever) script.vanishes_at_ms = 5 * limits.idle_timeout_ms;
}

// Not within the method of a request: whether the answer to a part of "HEAD" has content is for
// nobody to know.
uint64_t silent_after(const Script& script, uint64_t bytes) {
  constexpr uint64_t kMethodBytes = 5;
  uint64_t begin = 0;
  for (const RequestPlan& plan : script.requests) {
    if (bytes > begin && bytes < begin + kMethodBytes) return begin + kMethodBytes;
    begin += plan.bytes.size();
  }
  return bytes;
}

void choose_leaving(Script& script, Random& random, uint64_t request_bytes) {
  script.leaving = random.pick({Script::Leaving::kWhenAnswered, Script::Leaving::kWhenAnswered,
                                Script::Leaving::kHalfClose, Script::Leaving::kWaitsForServer});
  if (!random.chance(0.2)) return;
  switch (random.below(4)) {
    case 0:
      script.vanishes_after_sent = random.below(request_bytes + 1);
      break;
    case 1:
      script.vanishes_after_received = random.between(1, 30'000);
      break;
    case 2:
      script.vanishes_at_ms = random.below(3'000);
      break;
    default:
      // Not even that: it stays, and is silent in the middle of something.
      script.stops_sending_after = silent_after(script, random.below(request_bytes + 1));
      script.leaving = Script::Leaving::kWaitsForServer;
      script.may_time_out = true;
  }
}

}  // namespace

Script draw_script(Random& random, const Limits& limits, uint64_t send_buffer_bytes,
                   bool with_changing_files, uint64_t now_ms) {
  Script script;
  const uint64_t count = random.pick<uint64_t>({0, 1, 1, 2, 3, 5, 8});
  uint64_t request_bytes = 0;
  for (uint64_t i = 0; i < count; ++i) {
    script.requests.push_back(draw_request(random, limits, with_changing_files));
    request_bytes += script.requests.back().bytes.size();
  }
  choose_sending(script, random, request_bytes);
  choose_receiving(script, random, limits, send_buffer_bytes);
  choose_leaving(script, random, request_bytes);
  if (script.vanishes_at_ms != Ring::kNever) script.vanishes_at_ms += now_ms;
  if (count == 0 && script.leaving == Script::Leaving::kWhenAnswered) {
    script.leaving = Script::Leaving::kWaitsForServer;
  }
  script.lazy = random.pick({0.0, 0.0, 0.3});
  return script;
}

}  // namespace sluice::sim
