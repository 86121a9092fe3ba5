// Preconditions of a request (RFC 9110 §13): If-Match, If-None-Match and the two dates. If-Range is
// if_range_matches()'s.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/method.h"
#include "http/request_fields.h"

namespace sluice::http {

// Of the representation that would be sent (RFC 9110 §8.8).
struct Validators {
  std::string_view entity_tag;           // in its quotes; empty if there is none
  std::optional<int64_t> last_modified;  // seconds since 1970
};

enum class Verdict : uint8_t {
  kProceed,
  kNotModified,  // 304
  kFailed,       // 412
};

// What the preconditions say, in the order of RFC 9110 §13.2.2, about a representation that exists:
// call it when the answer would be 2xx without them (§13.2.1).
//   If-Match             strong comparison, "*" holds. Else 412.
//   If-Unmodified-Since  unless there is an If-Match. Not modified after the date, else 412.
//   If-None-Match        weak comparison, "*" does not hold. Else 304 for GET and HEAD, 412 for all
//                        others.
//   If-Modified-Since    for GET and HEAD unless there is an If-None-Match. Modified after the
//                        date, else 304; also for a date to come, which is like any other.
// Without an entity tag, If-Match holds for "*" only and If-None-Match for all but "*".
//
// Several lines of a list are one list, as far as each can be read (list_matches()); a line that is
// "*" alone counts as such. A date counts only if it is valid, has a single line, and there is a
// last_modified. `now_seconds` is for parse_date().
Verdict evaluate_preconditions(const RequestFields& fields, Method method,
                               const Validators& current, int64_t now_seconds) noexcept;

// What they say where there is nothing yet (RFC 9110 §13.1): If-Match never holds, all others do.
Verdict evaluate_preconditions_of_nothing(const RequestFields& fields) noexcept;

}  // namespace sluice::http
