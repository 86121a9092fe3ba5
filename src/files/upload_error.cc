#include "files/upload_error.h"

#include <cerrno>

namespace sluice {

namespace {

UploadProblem problem_of(int system_errno) noexcept {
  switch (system_errno) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case EXDEV:  // openat2(2): the path leads out of the root
      return UploadProblem::kNoParent;
    case EISDIR:
    case EEXIST:
    case ENOTEMPTY:
      return UploadProblem::kNotAFile;
    case ENAMETOOLONG:
      return UploadProblem::kNameTooLong;
    case EINVAL:  // a name that this file system cannot have
      return UploadProblem::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return UploadProblem::kForbidden;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return UploadProblem::kNoSpace;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
      return UploadProblem::kExhausted;
    default:
      return UploadProblem::kSystem;
  }
}

}  // namespace

UploadError upload_error_from_errno(int system_errno, const char* operation) noexcept {
  return {problem_of(system_errno), error_from_errno(system_errno, operation)};
}

}  // namespace sluice
