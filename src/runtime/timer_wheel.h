// Deadlines: O(1) to set, move and cancel, because nearly all of them are cancelled.
#pragma once

#include <array>
#include <cstdint>

#include "base/intrusive_list.h"

namespace sluice {

// Something that happens at a time, once, unless it is cancelled before.
class Timer : public ListNode<Timer> {
 public:
  bool set() const noexcept { return linked(); }

 protected:
  ~Timer() = default;

 private:
  friend class TimerWheel;

  // Called by TimerWheel::advance(); may set or cancel any timer.
  virtual void expire() noexcept = 0;

  uint64_t expires_ms_ = 0;
};

// A hashed timing wheel of one level: a timer sits in the slot of its tick, and one that is more
// than a turn away is simply passed over when its slot comes by. Times are in milliseconds of the
// reactor's clock; a timer expires at most a tick late, never early. Not thread-safe.
class TimerWheel {
 public:
  static constexpr uint64_t kTickMs = 16;
  static constexpr uint64_t kSlotCount = 1024;  // one turn is 16 s

  explicit TimerWheel(uint64_t now_ms) noexcept : done_ticks_(now_ms / kTickMs) {}

  void set(Timer& timer, uint64_t expires_ms) noexcept;
  void cancel(Timer& timer) noexcept;

  // Expires what is due.
  void advance(uint64_t now_ms) noexcept;

  // Milliseconds until advance() may have something to do; UINT64_MAX when no timer is set.
  uint64_t wait_ms(uint64_t now_ms) const noexcept;

 private:
  using Slot = IntrusiveList<Timer, Timer>;

  bool occupied(uint64_t slot) const noexcept {
    return (occupied_[slot / 64] >> (slot % 64) & 1U) != 0;
  }
  void visit_slot(uint64_t tick, uint64_t now_ms) noexcept;

  std::array<Slot, kSlotCount> slots_;
  // A bit a slot, set when a timer enters, cleared when the slot is visited and found empty.
  std::array<uint64_t, kSlotCount / 64> occupied_{};
  uint64_t done_ticks_;  // every tick up to and with this one has been visited
};

}  // namespace sluice
