// A parsed request head with fields of the test's choice.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "http/request_parser.h"

namespace sluice::http {

// Parses "GET / HTTP/1.1" with these field lines, each with its CRLF, after a Host field.
class HeadSource {
 public:
  explicit HeadSource(std::string_view field_lines)
      : bytes_("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(field_lines) + "\r\n") {
    EXPECT_EQ(parser_.parse_head(bytes_).state, RequestParser::State::kHeadComplete) << bytes_;
  }

  // Valid as long as this.
  RequestHead head() const noexcept { return parser_.head(bytes_.data()); }

 private:
  std::string bytes_;
  RequestParser parser_{HeadLimits{}};
};

}  // namespace sluice::http
