// Errors as values (docs/ARCHITECTURE.md, "Errors").
#pragma once

#include <cstdint>
#include <expected>
#include <stdexcept>
#include <string>
#include <utility>

#include <sluice/export.h>

namespace sluice {

// What went wrong, in the terms a caller acts on. The errno behind it is in Error::system_errno.
enum class ErrorCode : uint8_t {
  kNotFound,     // no such file, or one that must not be seen
  kForbidden,    // the file is there, this process may not read it
  kPeerGone,     // reset, closed, or shut down by a deadline
  kTimedOut,     // a deadline passed
  kChanged,      // a file is no longer what it was when its response began
  kExhausted,    // a limit of this process or of the system was met
  kNoSpace,      // the disk, or its quota, is full
  kCancelled,    // by whoever asked for it
  kUnsupported,  // this kernel, file system or configuration cannot do it
  kSystem,       // anything else that the system refused
};

// A small value: copied freely, owns nothing. `operation` names a system call or ring operation
// and points to static storage.
struct Error {
  ErrorCode code;
  int system_errno = 0;
  const char* operation = "";
};

template <class T>
using Result = std::expected<T, Error>;

// Maps an errno value to an Error. The one place where errno meets ErrorCode.
SLUICE_API Error error_from_errno(int system_errno, const char* operation) noexcept;

// "openat2: No such file or directory".
SLUICE_API std::string to_string(const Error& error);

// Thrown only by what prepares or starts a server or a loop: an option that cannot be honoured, or
// a system that refuses. what() is for a person: the value, what is wrong with it, and what would
// be allowed.
class SLUICE_API StartError : public std::runtime_error {
 public:
  enum class Kind : uint8_t {
    kUsage,   // the caller asked for something that cannot be
    kSystem,  // the system refused
  };

  StartError(Kind kind, std::string option, const std::string& message)
      : std::runtime_error(message), kind_(kind), option_(std::move(option)) {}

  Kind kind() const noexcept { return kind_; }

  // The member of Options that it is about ("listen", "sites[0].root", …), or "" for none.
  const std::string& option() const noexcept { return option_; }

 private:
  Kind kind_;
  std::string option_;
};

}  // namespace sluice
