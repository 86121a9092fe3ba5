// The bytes that libFuzzer gives to a target, taken apart. What a target takes are lines of text,
// each ended by LF, and then the rest, so that a corpus can be read and written by hand.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace sluice::fuzz {

// A copy in memory of exactly its size, so that a sanitizer sees any byte too many.
class ExactBytes {
 public:
  explicit ExactBytes(std::string_view bytes)
      : memory_(std::make_unique<char[]>(bytes.size())), size_(bytes.size()) {
    std::ranges::copy(bytes, memory_.get());
  }

  std::string_view view() const noexcept { return {memory_.get(), size_}; }

 private:
  std::unique_ptr<char[]> memory_;
  size_t size_;
};

class FuzzInput {
 public:
  FuzzInput(const uint8_t* data, size_t size) noexcept
      : rest_(reinterpret_cast<const char*>(data), size) {}

  // The bytes before the next LF; all that is left where there is none.
  std::string_view line() noexcept {
    const std::string_view line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(rest_.size(), line.size() + 1));
    return line;
  }

  // The decimal number that the next line begins with, 0 where it does not or has too many digits.
  template <class Number = uint64_t>
  Number number() noexcept {
    const std::string_view text = line();
    Number number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }

  std::string_view rest() const noexcept { return rest_; }
  bool empty() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace sluice::fuzz
