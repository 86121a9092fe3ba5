// Items of structured fields (RFC 9651 §3.3): Integer and Boolean.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::http {

// Integers have 15 digits at most (RFC 9651 §3.3.1).
inline constexpr int64_t kMaxStructuredInteger = 999'999'999'999'999;

// An Integer, with whatever parameters; absent for anything else, a Decimal among them (RFC 9651
// §4.2.3, §4.2.4).
std::optional<int64_t> parse_integer_item(std::string_view value) noexcept;

// A Boolean, with whatever parameters: "?1" and "?0" (RFC 9651 §4.2.8).
std::optional<bool> parse_boolean_item(std::string_view value) noexcept;

}  // namespace sluice::http
