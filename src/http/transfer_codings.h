// The Transfer-Encoding field of a request (RFC 9112 §6.1 and §6.3).
#pragma once

#include <cstdint>
#include <string_view>

#include "http/list_scanner.h"

namespace sluice::http {

// Collects the codings of all Transfer-Encoding fields of a head.
class TransferCodings {
 public:
  // A value may arrive in pieces; end_value() ends it.
  void feed(std::string_view part) noexcept;
  void end_value() noexcept;

  // True exactly when there was such a field.
  bool present() const noexcept { return present_; }

  // 0 if there was no such field or exactly one coding, chunked; else the status to answer. 501 for
  // a coding that could be understood by somebody else, 400 for what no recipient should accept:
  // bad syntax, chunked twice or not last, any of it in HTTP/1.0.
  int error_status(int minor_version) const noexcept;

 private:
  void add(std::string_view coding) noexcept;

  ListScanner scanner_;
  bool present_ = false;
  bool malformed_ = false;  // an element that is empty or does not begin with a token
  bool chunked_ = false;
  bool chunked_not_last_ = false;
  bool other_ = false;
};

}  // namespace sluice::http
