// What was found in the page cache a moment ago.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sluice {

// The latest part of one file that was found there. What was used a moment ago is the last to be
// evicted, and if it is, this thread waits for a disk once: the bytes are right all the same.
// Asking each time would cost a busy file a system call a response.
class ResidencyNote {
 public:
  // How long a part is taken to be there still.
  static constexpr uint64_t kTrustedMs = 100;

  // A part that touches the one before is added to it, without trusting that one any longer.
  void note(uint64_t offset, uint64_t bytes, uint64_t now_ms) noexcept {
    const uint64_t end = offset + bytes;
    if (now_ms < until_ms_ && offset <= end_ && end >= begin_) {
      begin_ = std::min(begin_, offset);
      end_ = std::max(end_, end);
      return;
    }
    begin_ = offset;
    end_ = end;
    until_ms_ = now_ms + kTrustedMs;
  }

  bool holds(uint64_t offset, uint64_t bytes, uint64_t now_ms) const noexcept {
    return now_ms < until_ms_ && offset >= begin_ && offset <= end_ && bytes <= end_ - offset;
  }

 private:
  uint64_t begin_ = 0;
  uint64_t end_ = 0;
  uint64_t until_ms_ = 0;
};

}  // namespace sluice
