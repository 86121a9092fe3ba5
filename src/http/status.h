// Status codes (RFC 9110 §15).
#pragma once

#include <string_view>

namespace sluice::http {

// The reason phrase of `status`, "Unknown" for a code that is not registered. Static storage.
std::string_view reason_phrase(int status) noexcept;

}  // namespace sluice::http
