#include "http/request_line.h"

#include "base/assert.h"
#include "http/characters.h"

namespace sluice::http {

namespace {

// Longer than every registered method. What is longer is not HTTP rather than a method to come.
constexpr size_t kMaxMethodBytes = 256;

}  // namespace

RequestLine::Step RequestLine::scan(std::string_view bytes, size_t target_limit) noexcept {
  SLUICE_ASSERT(!complete());
  size_t position = 0;
  int error_status = 0;
  while (error_status == 0 && position < bytes.size() && !complete()) {
    switch (state_) {
      case State::kStart:
      case State::kEmptyLine:
        error_status = scan_start(bytes, position);
        break;
      case State::kMethod:
        error_status = scan_method(bytes, position);
        break;
      case State::kTarget:
        error_status = scan_target(bytes, position, target_limit);
        break;
      case State::kVersion:
        error_status = scan_version(bytes, position);
        break;
      case State::kComplete:
        break;
    }
  }
  scanned_ += position;
  return {position, error_status};
}

int RequestLine::scan_start(std::string_view bytes, size_t& position) noexcept {
  const char c = bytes[position];
  if (state_ == State::kEmptyLine) {
    if (c != '\n') {
      return 400;
    }
    state_ = State::kStart;
    ++position;
    return 0;
  }
  if (c == '\r') {
    state_ = State::kEmptyLine;
    ++position;
    return 0;
  }
  method_.begin = static_cast<uint16_t>(scanned_ + position);
  state_ = State::kMethod;
  return 0;
}

int RequestLine::scan_method(std::string_view bytes, size_t& position) noexcept {
  for (; position < bytes.size(); ++position) {
    const char c = bytes[position];
    if (c == ' ' && method_.length > 0) {
      ++position;
      target_.begin = static_cast<uint16_t>(scanned_ + position);
      state_ = State::kTarget;
      return 0;
    }
    if (!is_token_char(c) || method_.length == kMaxMethodBytes) {
      return 400;
    }
    ++method_.length;
  }
  return 0;
}

int RequestLine::scan_target(std::string_view bytes, size_t& position,
                             size_t target_limit) noexcept {
  for (; position < bytes.size(); ++position) {
    const char c = bytes[position];
    if (!is_target_char(c)) {
      if (c != ' ' || target_.length == 0) {
        return 400;
      }
      ++position;
      state_ = State::kVersion;
      return 0;
    }
    if (target_.length == target_limit) {
      return 414;
    }
    ++target_.length;
  }
  return 0;
}

int RequestLine::scan_version(std::string_view bytes, size_t& position) noexcept {
  constexpr std::string_view kPattern = "HTTP/D.D\r\n";
  constexpr size_t kMajor = 5;
  constexpr size_t kMinor = 7;
  for (; position < bytes.size(); ++position) {
    const char c = bytes[position];
    if (version_position_ == kMajor || version_position_ == kMinor) {
      if (!is_digit(c)) {
        return 400;
      }
      (version_position_ == kMajor ? major_version_ : minor_version_) =
          static_cast<uint8_t>(c - '0');
    } else if (c != kPattern[version_position_]) {
      return 400;
    }
    if (++version_position_ == kPattern.size()) {
      ++position;
      state_ = State::kComplete;
      return 0;
    }
  }
  return 0;
}

}  // namespace sluice::http
