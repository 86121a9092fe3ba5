#include <cerrno>
#include <cstring>

#include <sluice/error.h>

namespace sluice {

namespace {

ErrorCode code_of(int system_errno) noexcept {
  switch (system_errno) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case EXDEV:  // openat2(2): the path leads out of the root
    case ENAMETOOLONG:
    case ENXIO:
    case ENODEV:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
      return ErrorCode::kForbidden;
    case EPIPE:
    case ECONNRESET:
    case ECONNABORTED:
    case ENOTCONN:
    case ESHUTDOWN:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
      return ErrorCode::kPeerGone;
    case ETIME:
    case ETIMEDOUT:
      return ErrorCode::kTimedOut;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EAGAIN:
      return ErrorCode::kExhausted;
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::kNoSpace;
    case ECANCELED:
      return ErrorCode::kCancelled;
    case EINVAL:
    case ENOSYS:
    case EOPNOTSUPP:
      return ErrorCode::kUnsupported;
    default:
      return ErrorCode::kSystem;
  }
}

}  // namespace

Error error_from_errno(int system_errno, const char* operation) noexcept {
  return Error{code_of(system_errno), system_errno, operation};
}

std::string to_string(const Error& error) {
  std::string text = error.operation;
  if (error.system_errno != 0) {
    if (!text.empty()) text += ": ";
    text += strerrordesc_np(error.system_errno);
  }
  return text;
}

}  // namespace sluice
