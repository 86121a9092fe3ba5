// Why an upload did not become a file.
#pragma once

#include <cstdint>
#include <expected>

#include <sluice/error.h>

namespace sluice {

enum class UploadProblem : uint8_t {
  kNoParent,         // the directory that it belongs into is missing, or is no directory
  kNameTooLong,      // a name in its path is longer than the file system can have
  kNotAFile,         // what has its name is a directory, a symbolic link or a device
  kNotFound,         // nothing has that name, or one that clients must not use
  kConditionFailed,  // what has its name is not what was expected there
  kBusy,             // another request is at work on it
  kTooMany,          // as many interrupted uploads are kept as may be
  kForbidden,        // this process may not write there
  kNoSpace,          // the disk, or its quota, is full
  kExhausted,        // out of descriptors or memory, for now
  kSystem,           // anything else that the system refused
};

// A small value. `error` is what the system said, if it was asked.
struct UploadError {
  UploadProblem problem = UploadProblem::kSystem;
  Error error{ErrorCode::kSystem};
};

// What an errno means for the name of a file: ENOENT that its directory is missing.
UploadError upload_error_from_errno(int system_errno, const char* operation) noexcept;

template <class T>
using UploadResult = std::expected<T, UploadError>;

}  // namespace sluice
