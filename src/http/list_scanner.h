// Comma-separated lists in field values (RFC 9110 §5.6.1) that may arrive in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/characters.h"

namespace sluice::http {

// Reports each element, in lower case and without the whitespace around it. An element longer than
// kMaxElementBytes is reported cut off there, so compare only with shorter words.
class ListScanner {
 public:
  static constexpr size_t kMaxElementBytes = 16;

  // `on_element(std::string_view)`; empty elements are reported too.
  template <class OnElement>
  void feed(std::string_view part, OnElement&& on_element) noexcept {
    for (const char c : part) {
      if (c == ',') {
        finish(on_element);
      } else {
        add(c);
      }
    }
  }

  // The value ends here.
  template <class OnElement>
  void finish(OnElement&& on_element) noexcept {
    on_element(std::string_view(element_, length_));
    length_ = 0;
    blank_pending_ = false;
  }

 private:
  // Blanks count only between other characters, where any number of them counts as one.
  void add(char c) noexcept {
    if (is_blank(c)) {
      blank_pending_ = length_ > 0;
      return;
    }
    if (blank_pending_) {
      append(' ');
      blank_pending_ = false;
    }
    append(to_lower(c));
  }

  void append(char c) noexcept {
    if (length_ < kMaxElementBytes) {
      element_[length_++] = c;
    }
  }

  uint8_t length_ = 0;
  bool blank_pending_ = false;
  char element_[kMaxElementBytes];
};

}  // namespace sluice::http
