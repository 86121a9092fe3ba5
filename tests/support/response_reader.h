// Reads responses off a connection, independently of the code under test: strict, small, obvious.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::testing_support {

struct ReceivedResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  uint64_t content_length = 0;
  std::string body;  // as much of it as has arrived

  // The value of the only field of that name (compared exactly); nothing if there is none or two.
  std::optional<std::string> field(std::string_view name) const;
};

// Every response must have one Content-Length, as all of sluice's have.
class ResponseReader {
 public:
  // `without_body` tells for each response in turn whether it answers HEAD.
  explicit ResponseReader(std::vector<bool> without_body)
      : without_body_(std::move(without_body)) {}

  // Takes what arrived. Does nothing after a problem.
  void feed(std::string_view bytes);

  const std::vector<ReceivedResponse>& complete() const noexcept { return complete_; }

  // The response that has begun and is not complete; null if there is none, or not all of its head.
  const ReceivedResponse* unfinished() const noexcept { return in_body_ ? &current_ : nullptr; }

  // Bytes of a head that is not complete.
  std::string_view unfinished_head() const noexcept { return head_; }

  // True exactly when something has arrived after the last complete response.
  bool within_response() const noexcept { return in_body_ || !head_.empty(); }

  // What is wrong with the bytes; empty if nothing is.
  const std::string& problem() const noexcept { return problem_; }

 private:
  void parse_head();
  bool parse_status_line(std::string_view line);
  bool parse_field(std::string_view line);
  void finish();

  std::vector<bool> without_body_;
  std::vector<ReceivedResponse> complete_;
  ReceivedResponse current_;
  std::string head_;
  bool in_body_ = false;
  std::string problem_;
};

}  // namespace sluice::testing_support
