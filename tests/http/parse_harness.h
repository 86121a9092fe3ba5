// Runs RequestParser over a stream of bytes that is cut into pieces, the way a connection does.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/request_parser.h"

namespace sluice::http {

// What is to be known about one request. Two ways to cut a stream must give equal outcomes.
struct ParseOutcome {
  RequestParser::State state = RequestParser::State::kNeedMore;
  int error_status = 0;
  bool started = false;
  bool head_complete = false;
  size_t consumed = 0;  // head and body; 0 if invalid

  // Of a complete head.
  Method method = Method::kOther;
  std::string method_name;
  std::string target;
  int minor_version = -1;
  bool keep_alive = false;
  bool has_body = false;
  std::string content;  // empty if invalid
  std::vector<std::pair<std::string, std::string>> fields;

  bool operator==(const ParseOutcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const ParseOutcome& outcome);

// Feeds `pieces` until the message is complete, invalid, or out of bytes. Every piece is given to
// the parser in memory of its own, of exactly its size, so that a sanitizer sees any byte too many.
ParseOutcome parse_pieces(const std::vector<std::string_view>& pieces,
                          const HeadLimits& limits = {});

// Parses `stream` in one piece, byte by byte, and in two pieces at every position (at some, if it
// is long), expects the same outcome each time, and returns it.
ParseOutcome parse(std::string_view stream, const HeadLimits& limits = {});

// `stream` with its control characters escaped, for messages and test names.
std::string printable(std::string_view stream);

}  // namespace sluice::http
