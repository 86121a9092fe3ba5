// The value of a Host field: uri-host [ ":" port ] (RFC 9110 §7.2, RFC 3986 §3.2.2).
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::http {

// Checks a value that may arrive in pieces. Stricter than the grammar where the grammar is only of
// use to an attacker: the host is not empty, it has no comma (a joined list of two hosts would pass
// otherwise), and the port is at most 65535. Whitespace may follow the value.
class HostCheck {
 public:
  void feed(std::string_view part) noexcept;

  // True exactly when everything fed so far is a complete, valid value.
  bool valid() const noexcept;

 private:
  enum class State : uint8_t {
    kStart,
    kName,
    kEscape,       // after "%"
    kEscapeDigit,  // after "%X"
    kLiteral,      // inside "[...]"
    kAfterLiteral,
    kPort,
    kAfterValue,  // whitespace after a valid value
    kInvalid,
  };

  State next(char c) noexcept;

  State state_ = State::kStart;
  bool literal_empty_ = true;
  uint32_t port_ = 0;
};

// The same for a value in one piece.
bool is_valid_host(std::string_view value) noexcept;

}  // namespace sluice::http
