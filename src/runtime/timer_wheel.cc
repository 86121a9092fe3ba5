#include "runtime/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace sluice {

void TimerWheel::set(Timer& timer, uint64_t expires_ms) noexcept {
  cancel(timer);
  timer.expires_ms_ = expires_ms;
  // Rounded up, so that the whole tick has passed when its slot is visited.
  const uint64_t tick = std::max((expires_ms + kTickMs - 1) / kTickMs, done_ticks_ + 1);
  const uint64_t slot = tick % kSlotCount;
  slots_[slot].push_back(timer);
  occupied_[slot / 64] |= uint64_t{1} << (slot % 64);
}

void TimerWheel::cancel(Timer& timer) noexcept {
  if (timer.set()) timer.unlink();
}

void TimerWheel::visit_slot(uint64_t tick, uint64_t now_ms) noexcept {
  const uint64_t slot = tick % kSlotCount;
  if (!occupied(slot)) return;
  // What stays is put aside first: an expiring timer may set others in this very slot.
  Slot visited;
  visited.take_all(slots_[slot]);
  occupied_[slot / 64] &= ~(uint64_t{1} << (slot % 64));
  while (!visited.empty()) {
    Timer& timer = visited.pop_front();
    if (timer.expires_ms_ <= now_ms) {
      timer.expire();
    } else {
      slots_[slot].push_back(timer);
      occupied_[slot / 64] |= uint64_t{1} << (slot % 64);
    }
  }
}

void TimerWheel::advance(uint64_t now_ms) noexcept {
  const uint64_t now_ticks = now_ms / kTickMs;
  if (now_ticks <= done_ticks_) return;
  // After a long sleep one turn visits every slot; there is nothing more to find.
  const uint64_t first = std::max(done_ticks_ + 1, now_ticks - std::min(now_ticks, kSlotCount - 1));
  done_ticks_ = now_ticks;
  for (uint64_t tick = first; tick <= now_ticks; ++tick) visit_slot(tick, now_ms);
}

uint64_t TimerWheel::wait_ms(uint64_t now_ms) const noexcept {
  const uint64_t first = done_ticks_ + 1;
  for (uint64_t offset = 0; offset < kSlotCount;) {
    const uint64_t slot = (first + offset) % kSlotCount;
    const uint64_t word = occupied_[slot / 64] >> (slot % 64);
    if (word == 0) {
      offset += 64 - slot % 64;
      continue;
    }
    offset += static_cast<uint64_t>(std::countr_zero(word));
    const uint64_t due_ms = (first + offset) * kTickMs;
    return due_ms > now_ms ? due_ms - now_ms : 0;
  }
  return UINT64_MAX;
}

}  // namespace sluice
