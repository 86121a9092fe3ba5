// What a client expects before it sends its content (RFC 9110 §10.1.1).
#pragma once

#include <cstdint>

#include "http/request_fields.h"

namespace sluice::http {

enum class Expectation : uint8_t {
  kNone,
  kContinue,  // the client waits for 100 or a final response before it sends its content
  kUnknown,   // answer 417: something else is expected, perhaps besides 100-continue
};

// What all Expect fields of a request say. "100-continue" is compared in any case. Nothing is
// expected in HTTP/1.0, whose proxies pass the field on without understanding it. Whether there is
// any content to wait for is for the caller to see.
Expectation read_expectation(const RequestFields& fields, int minor_version) noexcept;

}  // namespace sluice::http
