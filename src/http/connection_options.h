// The Connection field (RFC 9110 §7.6.1) and what it means for persistence (RFC 9112 §9.3).
#pragma once

#include <string_view>

#include "http/list_scanner.h"

namespace sluice::http {

// Collects the options of all Connection fields of a head. llhttp's own reading of them is not used
// because it counts Proxy-Connection as the same field.
class ConnectionOptions {
 public:
  // A value may arrive in pieces; end_value() ends it.
  void feed(std::string_view part) noexcept {
    scanner_.feed(part, [this](std::string_view option) { add(option); });
  }
  void end_value() noexcept {
    scanner_.finish([this](std::string_view option) { add(option); });
  }

  // True exactly when the client wants the connection to persist.
  bool keep_alive(int minor_version) const noexcept {
    return !close_ && (minor_version >= 1 || keep_alive_);
  }

 private:
  void add(std::string_view option) noexcept {
    close_ = close_ || option == "close";
    keep_alive_ = keep_alive_ || option == "keep-alive";
  }

  ListScanner scanner_;
  bool close_ = false;
  bool keep_alive_ = false;
};

}  // namespace sluice::http
