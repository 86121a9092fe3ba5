// Which status a failed upload becomes.
#pragma once

#include "files/upload_error.h"

namespace sluice {

constexpr int status_of(const UploadError& error) noexcept {
  switch (error.problem) {
    case UploadProblem::kNoParent:
    case UploadProblem::kNotAFile:
    case UploadProblem::kBusy:
      return 409;
    case UploadProblem::kNotFound:
      return 404;
    case UploadProblem::kConditionFailed:
      return 412;
    case UploadProblem::kNameTooLong:
      return 414;  // RFC 9110 §15.5.15
    case UploadProblem::kForbidden:
      return 403;
    case UploadProblem::kNoSpace:
      return 507;
    case UploadProblem::kTooMany:
    case UploadProblem::kExhausted:
      return 503;
    case UploadProblem::kSystem:
      return 500;
  }
  return 500;
}

}  // namespace sluice
