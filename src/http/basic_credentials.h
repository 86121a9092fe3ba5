// Name and password of the Basic scheme (RFC 7617).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace sluice::http {

// User and password together, with the colon between them, are at most this long.
inline constexpr size_t kMaxCredentialBytes = 512;

// Views into the buffer that they were decoded to.
struct BasicCredentials {
  std::string_view user;  // may be empty; holds no colon
  std::string_view password;
};

// Reads the value of Authorization: "Basic ", the scheme in any case, and the base64 (RFC 4648 §4,
// with the padding that it needs, and no other bits than those of the bytes) of user, ':' and
// password, into `out`, of which kMaxCredentialBytes suffice. Nothing for another scheme, anything
// malformed, what has no colon, holds a control character (RFC 7617 §2) or does not fit. Bytes
// above 0x7f are passed on as they are.
std::optional<BasicCredentials> parse_basic_credentials(std::string_view authorization,
                                                        std::span<char> out) noexcept;

}  // namespace sluice::http
