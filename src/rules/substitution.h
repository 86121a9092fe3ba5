// What a rule's `to` is made of: text, and captures ("$1") to put in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/pattern.h"

namespace sluice::rules {

// How captured bytes, which a client chose, are written.
enum class Escaping : uint8_t {
  kNone,   // as they are: a decoded path
  kPath,   // percent-encoded for the path of a URL, as http/location.h does it
  kQuery,  // percent-encoded but for unreserved characters and '/': no '&' and no '=' comes in
};

// Writes into a span as long as there is room.
class BoundedOutput {
 public:
  explicit BoundedOutput(std::span<char> out) noexcept : out_(out) {}

  void put(char c) noexcept {
    if (size_ < out_.size()) {
      out_[size_] = c;
    }
    ++size_;
  }
  void put(std::string_view text) noexcept {
    for (const char c : text) {
      put(c);
    }
  }
  void put(std::string_view text, Escaping escaping) noexcept;

  // What was put, 0 if it did not fit.
  size_t size() const noexcept { return size_ <= out_.size() ? size_ : 0; }

  // A '/' is the last byte that was put.
  bool ends_in_slash() const noexcept {
    return size_ > 0 && size_ <= out_.size() && out_[size_ - 1] == '/';
  }

 private:
  std::span<char> out_;
  size_t size_ = 0;
};

class Substitution {
 public:
  // Fails with what is wrong, for a person: a '$' before anything but 1 to 9 or '$', or a number
  // above `capture_count`.
  static std::expected<Substitution, std::string> compile(std::string_view text,
                                                          size_t capture_count);

  // Puts the text with its captures. Where `merge_slashes`, a part that begins with '/' and comes
  // after a '/' leaves its own out: a capture that is empty, or begins or ends with '/', makes no
  // "//", which at the beginning of a reference would name a host (RFC 3986 §4.2).
  // REQUIRES: `captures` has as many as compile() was told.
  void put(const Captures& captures, Escaping escaping, bool merge_slashes,
           BoundedOutput& out) const noexcept;

  // The same into `out`. Returns the bytes written, 0 if they do not fit.
  size_t write(const Captures& captures, Escaping escaping, std::span<char> out) const noexcept;

 private:
  struct Part {
    std::string literal;  // if capture is 0
    size_t capture = 0;   // 1 to 9
  };

  std::vector<Part> parts_;
};

}  // namespace sluice::rules
