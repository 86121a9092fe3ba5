// Writes the head of a response (RFC 9112 §4 and §5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/assert.h"

namespace sluice::http {

// Appends to a buffer that the caller owns. A piece that does not fit is left out, as is all that
// follows it; ok() tells. Values are written as they are: the caller must pass what a field may
// hold, and debug builds assert that no CR or LF is in it.
class HeadWriter {
 public:
  explicit HeadWriter(std::span<char> out) noexcept
      : begin_(out.data()), position_(out.data()), end_(out.data() + out.size()) {}

  // "HTTP/1.1 200 OK\r\n". REQUIRES: 100 <= status <= 999.
  HeadWriter& status_line(int status) noexcept;

  // "Name: value\r\n".
  HeadWriter& field(std::string_view name, std::string_view value) noexcept;
  HeadWriter& field(std::string_view name, uint64_t value) noexcept;

  // Complete field lines, each with its CRLF.
  HeadWriter& raw(std::string_view prepared_fields) noexcept {
    if (prepared_fields.empty()) return *this;  // which may have no address to copy from
    if (char* const to = reserve(prepared_fields.size())) {
      std::memcpy(to, prepared_fields.data(), prepared_fields.size());
    }
    return *this;
  }

  // The empty line after the last field.
  HeadWriter& end() noexcept { return raw("\r\n"); }

  // Removes every field of that name, in any case, that has been written so far, those of raw() as
  // well; what follows moves up. The status line stays. Takes time in proportion to the head.
  HeadWriter& erase(std::string_view name) noexcept;

  // Bytes that still fit; 0 after something has not.
  size_t room() const noexcept { return ok_ ? static_cast<size_t>(end_ - position_) : 0; }

  // True exactly when everything has fitted.
  bool ok() const noexcept { return ok_; }

  std::string_view view() const noexcept {
    return {begin_, static_cast<size_t>(position_ - begin_)};
  }

 private:
  // Room for `size` bytes, or null from the first time that there is not enough.
  char* reserve(size_t size) noexcept {
    if (!ok_ || size > static_cast<size_t>(end_ - position_)) {
      ok_ = false;
      return nullptr;
    }
    char* const to = position_;
    position_ += size;
    return to;
  }

  char* begin_;
  char* position_;
  char* end_;
  bool ok_ = true;
};

}  // namespace sluice::http
