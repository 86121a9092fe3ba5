// The request line (RFC 9112 §3), checked byte by byte as it arrives.
//
// llhttp reads the line as well, but it lets pass what the grammar does not: several spaces, a
// missing version, '#' in the target, RTSP and ICE, a lone CR in front. And it cannot say "this is
// a well-formed line with a method that I do not know" apart from "this is no HTTP". So the line is
// scanned here first, and llhttp is shown only what passed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/request_head.h"

namespace sluice::http {

class RequestLine {
 public:
  struct Step {
    size_t accepted;   // bytes up to the end of the line, or to the first that is not allowed
    int error_status;  // 0, 400, or 414
  };

  // Takes the next bytes of the head. Goes no further than the line's LF. Empty lines in front are
  // skipped (RFC 9112 §2.2), all of them: the caller bounds their number with its limit for heads.
  // REQUIRES: !complete(), and no error before.
  Step scan(std::string_view bytes, size_t target_limit) noexcept;

  // True exactly when a byte that is not part of an empty line has been seen.
  bool started() const noexcept { return state_ > State::kEmptyLine; }
  bool complete() const noexcept { return state_ == State::kComplete; }

  // Where the line begins, counted from the first byte scanned. REQUIRES: started().
  size_t begin() const noexcept { return method_.begin; }

  // REQUIRES: complete().
  HeadSpan method() const noexcept { return method_; }
  HeadSpan target() const noexcept { return target_; }
  int major_version() const noexcept { return major_version_; }
  int minor_version() const noexcept { return minor_version_; }

 private:
  enum class State : uint8_t { kStart, kEmptyLine, kMethod, kTarget, kVersion, kComplete };

  // Each takes bytes from `position` on, moves it past them, and returns an error status or 0.
  int scan_start(std::string_view bytes, size_t& position) noexcept;
  int scan_method(std::string_view bytes, size_t& position) noexcept;
  int scan_target(std::string_view bytes, size_t& position, size_t target_limit) noexcept;
  int scan_version(std::string_view bytes, size_t& position) noexcept;

  State state_ = State::kStart;
  uint8_t version_position_ = 0;  // in "HTTP/D.D\r\n"
  uint8_t major_version_ = 0;
  uint8_t minor_version_ = 0;
  HeadSpan method_{0, 0};
  HeadSpan target_{0, 0};
  size_t scanned_ = 0;  // bytes of the head before the current piece
};

}  // namespace sluice::http
