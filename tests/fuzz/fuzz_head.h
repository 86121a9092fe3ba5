// A parsed request head whose fields the fuzzer chose.
#pragma once

#include <string>
#include <string_view>

#include "http/request_parser.h"

namespace sluice::fuzz {

class FuzzHead {
 public:
  // Each line, ended by LF, becomes a field line.
  explicit FuzzHead(std::string_view lines) : bytes_("GET / HTTP/1.1\r\nHost: a\r\n") {
    for (const char c : lines) {
      if (c == '\n') bytes_ += '\r';
      bytes_ += c;
    }
    if (!lines.empty() && !lines.ends_with('\n')) bytes_ += "\r\n";
    bytes_ += "\r\n";
    complete_ = parser_.parse_head(bytes_).state == http::RequestParser::State::kHeadComplete;
  }

  // False: the fields are not what a head may hold.
  bool complete() const noexcept { return complete_; }

  // Valid as long as this. REQUIRES: complete().
  http::RequestHead head() const noexcept { return parser_.head(bytes_.data()); }

 private:
  std::string bytes_;
  http::RequestParser parser_{http::HeadLimits{}};
  bool complete_;
};

}  // namespace sluice::fuzz
