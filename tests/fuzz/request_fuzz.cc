// RequestParser: the outcome does not depend on how the bytes are cut. Input: bytes of a head, of a
// target and fields that are allowed, three lines of which 0 is the usual; what a client sends.
#include <algorithm>
#include <charconv>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "fuzz/fuzz_input.h"
#include "http/characters.h"
#include "http/request_fields.h"
#include "http/request_parser.h"
#include "support/random.h"

namespace sluice::fuzz {
namespace {

using http::FieldName;
using http::HeadLimits;
using http::RequestHead;
using http::RequestParser;
using State = RequestParser::State;
using testing_support::Random;

struct Outcome {
  State state = State::kNeedMore;
  int error_status = 0;
  bool started = false;
  size_t head_bytes = 0;  // once the head is complete
  size_t consumed = 0;    // 0 if invalid
  std::string content;    // empty if invalid
  std::string method;
  std::string target;
  int minor_version = -1;
  bool keep_alive = false;
  bool has_body = false;
  std::vector<std::pair<std::string, std::string>> fields;

  bool operator==(const Outcome&) const = default;
};

bool is_inside(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

void check_head(const RequestHead& head, std::string_view bytes) {
  SLUICE_CHECK(bytes.ends_with("\r\n\r\n"));
  SLUICE_CHECK(is_inside(head.method_name(), bytes) && !head.method_name().empty());
  SLUICE_CHECK(is_inside(head.target(), bytes) && !head.target().empty());
  SLUICE_CHECK(std::ranges::all_of(head.target(), http::is_target_char));
  size_t host_count = 0;
  for (size_t i = 0; i < head.field_count(); ++i) {
    const auto [name, value] = head.field(i);
    SLUICE_CHECK(is_inside(name, bytes) && !name.empty());
    SLUICE_CHECK(std::ranges::all_of(name, http::is_token_char));
    SLUICE_CHECK(value.empty() || is_inside(value, bytes));
    SLUICE_CHECK(value == http::trim_blanks(value));
    SLUICE_CHECK(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    SLUICE_CHECK(head.find(name).has_value());
    if (http::equal_ignoring_case(name, "host")) ++host_count;
  }
  SLUICE_CHECK(host_count <= 1 && (host_count == 1 || head.minor_version() == 0));
}

void check_fields(const RequestHead& head) {
  const http::RequestFields fields(head);
  constexpr std::pair<FieldName, std::string_view> kNames[] = {
      {FieldName::kHost, "host"},
      {FieldName::kRange, "RANGE"},
      {FieldName::kIfNoneMatch, "If-None-Match"},
      {FieldName::kAcceptEncoding, "accept-encoding"}};
  for (const auto& [name, text] : kNames) {
    SLUICE_CHECK(fields.value(name) == head.find(text));
    size_t count = 0;
    fields.for_each(name, [&count](std::string_view) { ++count; });
    SLUICE_CHECK((count > 0) == fields.value(name).has_value());
    SLUICE_CHECK((count > 1) == fields.repeated(name));
  }
}

void take_head(const RequestHead& head, std::string_view bytes, Outcome& outcome) {
  check_head(head, bytes);
  check_fields(head);
  outcome.head_bytes = bytes.size();
  outcome.method = head.method_name();
  outcome.target = head.target();
  outcome.minor_version = head.minor_version();
  outcome.keep_alive = head.keep_alive();
  outcome.has_body = head.has_body();
  for (size_t i = 0; i < head.field_count(); ++i) {
    outcome.fields.emplace_back(head.field(i).name, head.field(i).value);
  }
}

// All of `bytes`, content after content.
void take_body(RequestParser& parser, std::string_view bytes, Outcome& outcome) {
  do {
    std::string_view data;
    const RequestParser::Step step = parser.parse_body(bytes, data);
    outcome.state = step.state;
    if (step.state == State::kInvalid) return;
    SLUICE_CHECK(step.consumed <= bytes.size());
    SLUICE_CHECK(step.consumed > 0 || bytes.empty() || step.state == State::kMessageComplete);
    SLUICE_CHECK(data.empty() || is_inside(data, bytes.substr(0, step.consumed)));
    outcome.content += data;
    outcome.consumed += step.consumed;
    bytes.remove_prefix(step.consumed);
  } while (outcome.state == State::kNeedMore && !bytes.empty());
}

// Gives the stream to a parser in pieces of the sizes that `next_size` says, each in memory of its
// own, as a connection does.
Outcome parse(std::string_view stream, const HeadLimits& limits,
              const std::function<size_t()>& next_size) {
  RequestParser parser(limits);
  Outcome outcome;
  std::string head_bytes;
  const auto is_over = [&outcome] {
    return outcome.state == State::kInvalid || outcome.state == State::kMessageComplete;
  };
  const auto take_head_bytes = [&](std::string_view& rest) {
    const RequestParser::Step step = parser.parse_head(rest);
    outcome.state = step.state;
    if (step.state == State::kInvalid) return;
    SLUICE_CHECK(step.consumed <= rest.size());
    SLUICE_CHECK(step.state != State::kNeedMore || step.consumed == rest.size());
    outcome.consumed += step.consumed;
    head_bytes += rest.substr(0, step.consumed);
    rest.remove_prefix(step.consumed);
  };
  while (!stream.empty() && !is_over()) {
    const ExactBytes piece(stream.substr(0, next_size()));
    stream.remove_prefix(piece.view().size());
    std::string_view rest = piece.view();
    if (outcome.head_bytes == 0) {
      take_head_bytes(rest);
      SLUICE_CHECK(head_bytes.size() < limits.head_bytes || outcome.state != State::kNeedMore);
      if (outcome.state == State::kHeadComplete) {
        take_head(parser.head(head_bytes.data()), head_bytes, outcome);
      }
    }
    if (outcome.head_bytes != 0) take_body(parser, rest, outcome);
  }
  outcome.started = parser.started();
  if (outcome.state == State::kInvalid) {
    outcome.consumed = 0;
    outcome.content.clear();
    outcome.error_status = parser.error_status();
    constexpr int kStatuses[] = {400, 414, 431, 501, 505};
    SLUICE_CHECK(std::ranges::find(kStatuses, outcome.error_status) != std::end(kStatuses));
    SLUICE_CHECK(parser.parse_head("x").state == State::kInvalid);
    std::string_view data;
    SLUICE_CHECK(parser.parse_body("x", data).state == State::kInvalid && data.empty());
  }
  return outcome;
}

Outcome parse_whole(std::string_view stream, const HeadLimits& limits) {
  return parse(stream, limits, [] { return std::string_view::npos; });
}

// Where a chunked body ends, by the grammar; 0 where that cannot be told so simply.
size_t chunked_bytes(std::string_view body) {
  const size_t size = body.size();
  while (true) {
    uint64_t length = 0;
    const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), length, 16);
    if (error != std::errc()) return 0;
    const size_t line_end = body.find("\r\n", static_cast<size_t>(end - body.data()));
    if (line_end == std::string_view::npos) return 0;
    body.remove_prefix(line_end + 2);
    if (length == 0) break;
    if (body.size() < 2 || length > body.size() - 2) return 0;
    body.remove_prefix(length + 2);
  }
  if (body.starts_with("\r\n")) return size - body.size() + 2;
  const size_t trailers_end = body.find("\r\n\r\n");
  return trailers_end == std::string_view::npos ? 0 : size - body.size() + trailers_end + 4;
}

void check_consumed(const Outcome& outcome, std::string_view stream) {
  const size_t body_bytes = outcome.consumed - outcome.head_bytes;
  uint64_t content_length = 0;
  bool chunked = false;
  for (const auto& [name, value] : outcome.fields) {
    if (http::equal_ignoring_case(name, "transfer-encoding")) chunked = true;
    if (http::equal_ignoring_case(name, "content-length")) {
      std::from_chars(value.data(), value.data() + value.size(), content_length);
    }
  }
  SLUICE_CHECK(outcome.has_body == (chunked || content_length > 0));
  const std::string_view body = stream.substr(outcome.head_bytes);
  SLUICE_CHECK(body_bytes == (chunked ? chunked_bytes(body) : content_length));
}

void check_complete(const Outcome& outcome, std::string_view stream, const HeadLimits& limits) {
  check_consumed(outcome, stream);
  const std::string_view message = stream.substr(0, outcome.consumed);
  SLUICE_CHECK(parse_whole(message, limits) == outcome);
  SLUICE_CHECK(parse_whole(std::string(message) + "GET / HTTP/1.1\r\n", limits) == outcome);
  const Outcome shorter = parse_whole(message.substr(0, message.size() - 1), limits);
  SLUICE_CHECK(shorter.state == State::kNeedMore);
}

HeadLimits read_limits(FuzzInput& input) {
  HeadLimits limits;
  const auto read = [&input](size_t& limit) {
    if (const auto number = input.number<size_t>(); number != 0) limit = number;
  };
  read(limits.head_bytes);
  read(limits.target_bytes);
  read(limits.field_count);
  return limits;
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  fuzz::FuzzInput input(data, size);
  const http::HeadLimits limits = fuzz::read_limits(input);
  const std::string_view stream = input.rest();
  const fuzz::Outcome whole = fuzz::parse_whole(stream, limits);
  SLUICE_CHECK(whole == fuzz::parse(stream, limits, [] { return size_t{1}; }));
  testing_support::Random random(std::hash<std::string_view>()(stream));
  SLUICE_CHECK(whole == fuzz::parse(stream, limits, [&] { return random.between(1, 24); }));
  if (whole.state == http::RequestParser::State::kMessageComplete) {
    fuzz::check_complete(whole, stream, limits);
  }
  return 0;
}
