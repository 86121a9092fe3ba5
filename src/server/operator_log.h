// Tells an operator what goes wrong, without drowning him in it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace sluice {

// One kind of message of one shard: passes on the first, then at most one in kQuietMs, with the
// number of those that were held back. Not thread-safe.
class OperatorLog {
 public:
  static constexpr uint64_t kQuietMs = 1'000;

  explicit OperatorLog(const std::function<void(std::string_view)>& sink) noexcept : sink_(sink) {}

  // True when a message may be written now; otherwise it is counted as held back. So the text is
  // only put together when somebody will read it.
  bool due(uint64_t now_ms) noexcept {
    if (!sink_ || now_ms < next_ms_) {
      ++held_back_;
      return false;
    }
    next_ms_ = now_ms + kQuietMs;
    return true;
  }

  void write(std::string message) {
    if (held_back_ > 0) message += " (and " + std::to_string(held_back_) + " more like it)";
    held_back_ = 0;
    sink_(message);
  }

 private:
  const std::function<void(std::string_view)>& sink_;
  uint64_t next_ms_ = 0;
  uint64_t held_back_ = 0;
};

}  // namespace sluice
