#include "support/response_reader.h"

#include <algorithm>
#include <charconv>

namespace sluice::testing_support {

namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::optional<uint64_t> parse_number(std::string_view text) noexcept {
  uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::string> ReceivedResponse::field(std::string_view name) const {
  std::optional<std::string> found;
  for (const auto& [its_name, value] : fields) {
    if (its_name != name) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

void ResponseReader::feed(std::string_view bytes) {
  while (!bytes.empty() && problem_.empty()) {
    if (in_body_) {
      const auto missing = static_cast<size_t>(current_.content_length - current_.body.size());
      const std::string_view part = bytes.substr(0, missing);
      current_.body += part;
      bytes.remove_prefix(part.size());
      if (current_.body.size() == current_.content_length) finish();
      continue;
    }
    // The end of the head may lie across two pieces.
    const size_t before = head_.size();
    head_ += bytes;
    const size_t end = head_.find(kHeadEnd, before < 3 ? 0 : before - 3);
    if (end == std::string::npos) return;
    const size_t length = end + kHeadEnd.size();
    bytes.remove_prefix(length - before);
    head_.resize(length);
    parse_head();
  }
}

void ResponseReader::parse_head() {
  current_ = {};
  std::string_view rest = head_;
  bool first = true;
  while (rest != "\r\n") {
    const size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    if (line.find_first_of("\r\n") != std::string_view::npos ||
        !(first ? parse_status_line(line) : parse_field(line))) {
      problem_ = "no line of a response: '" + std::string(line) + "'";
      return;
    }
    rest.remove_prefix(end + 2);
    first = false;
  }
  const auto length = current_.field("Content-Length");
  const auto number = length ? parse_number(*length) : std::nullopt;
  if (!number || !current_.field("Date") || !current_.field("Server")) {
    problem_ = "Content-Length, Date or Server is missing, wrong or there twice: " + head_;
    return;
  }
  current_.content_length = *number;
  head_.clear();
  in_body_ = true;
  const size_t index = complete_.size();
  if ((index < without_body_.size() && without_body_[index]) || *number == 0) finish();
}

bool ResponseReader::parse_status_line(std::string_view line) {
  if (!line.starts_with("HTTP/1.1 ") || line.size() < 13 || line[12] != ' ') return false;
  const auto status = parse_number(line.substr(9, 3));
  if (!status || *status < 200 || *status > 599) return false;
  current_.status = static_cast<int>(*status);
  return true;
}

bool ResponseReader::parse_field(std::string_view line) {
  const size_t colon = line.find(": ");
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return false;
  current_.fields.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  return true;
}

void ResponseReader::finish() {
  complete_.push_back(std::move(current_));
  current_ = {};
  in_body_ = false;
}

}  // namespace sluice::testing_support
