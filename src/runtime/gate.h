// Counts what is under way, and tells when all of it is over.
#pragma once

#include <cstdint>

#include "runtime/event.h"

namespace sluice {

class Gate {
 public:
  explicit Gate(Reactor& reactor) noexcept : changed_(reactor) {}
  ~Gate() { SLUICE_ASSERT(count_ == 0); }

  // Inside from construction to destruction.
  class Pass {
   public:
    explicit Pass(Gate& gate) noexcept : gate_(gate) { ++gate_.count_; }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    ~Pass() {
      --gate_.count_;
      gate_.changed_.notify();
    }

   private:
    Gate& gate_;
  };

  uint64_t count() const noexcept { return count_; }

  // Resumes when somebody has left, or notify() was called; one waiter at a time:
  //   while (gate.count() > 0) co_await gate.changed();
  Event::Awaiter changed() noexcept { return changed_.wait(); }
  void notify() noexcept { changed_.notify(); }

 private:
  uint64_t count_ = 0;
  Event changed_;
};

}  // namespace sluice
