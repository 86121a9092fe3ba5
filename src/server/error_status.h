// Which status an error of the file system becomes.
#pragma once

#include <sluice/error.h>

namespace sluice {

constexpr int status_of(const Error& error) noexcept {
  switch (error.code) {
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kForbidden:
      return 403;
    case ErrorCode::kExhausted:
      return 503;
    default:
      return 500;
  }
}

}  // namespace sluice
