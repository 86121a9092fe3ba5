#include "http/host_field.h"

#include "http/characters.h"

namespace sluice::http {

namespace {

constexpr uint32_t kMaxPort = 65535;

}  // namespace

void HostCheck::feed(std::string_view part) noexcept {
  for (const char c : part) {
    state_ = next(c);
  }
}

bool HostCheck::valid() const noexcept {
  return state_ == State::kName || state_ == State::kAfterLiteral || state_ == State::kPort ||
         state_ == State::kAfterValue;
}

HostCheck::State HostCheck::next(char c) noexcept {
  if (is_blank(c)) {
    return valid() ? State::kAfterValue : State::kInvalid;
  }
  switch (state_) {
    case State::kStart:
      if (c == '[') {
        return State::kLiteral;
      }
      [[fallthrough]];
    case State::kName:
      if (is_reg_name_char(c)) {
        return State::kName;
      }
      if (c == '%') {
        return State::kEscape;
      }
      return c == ':' && state_ == State::kName ? State::kPort : State::kInvalid;
    case State::kEscape:
      return hex_value(c) >= 0 ? State::kEscapeDigit : State::kInvalid;
    case State::kEscapeDigit:
      return hex_value(c) >= 0 ? State::kName : State::kInvalid;
    case State::kLiteral:
      if (c == ']') {
        return literal_empty_ ? State::kInvalid : State::kAfterLiteral;
      }
      literal_empty_ = false;
      return is_reg_name_char(c) || c == ':' ? State::kLiteral : State::kInvalid;
    case State::kAfterLiteral:
      return c == ':' ? State::kPort : State::kInvalid;
    case State::kPort:
      if (!is_digit(c)) {
        return State::kInvalid;
      }
      port_ = port_ * 10 + static_cast<uint32_t>(c - '0');
      return port_ <= kMaxPort ? State::kPort : State::kInvalid;
    case State::kAfterValue:
    case State::kInvalid:
      return State::kInvalid;
  }
  return State::kInvalid;
}

bool is_valid_host(std::string_view value) noexcept {
  HostCheck check;
  check.feed(value);
  return check.valid();
}

}  // namespace sluice::http
