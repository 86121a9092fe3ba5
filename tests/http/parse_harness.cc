#include "http/parse_harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>

namespace sluice::http {

namespace {

void take_head(const RequestHead& head, ParseOutcome& outcome) {
  outcome.head_complete = true;
  outcome.method = head.method();
  outcome.method_name = head.method_name();
  outcome.target = head.target();
  outcome.minor_version = head.minor_version();
  outcome.keep_alive = head.keep_alive();
  outcome.has_body = head.has_body();
  for (size_t i = 0; i < head.field_count(); ++i) {
    outcome.fields.emplace_back(head.field(i).name, head.field(i).value);
  }
}

// All of `bytes`, content after content.
void take_body(RequestParser& parser, std::string_view bytes, ParseOutcome& outcome) {
  using State = RequestParser::State;
  do {
    std::string_view data;
    const auto [state, consumed] = parser.parse_body(bytes, data);
    outcome.state = state;
    if (state == State::kInvalid) return;
    ASSERT_LE(consumed, bytes.size());
    ASSERT_TRUE(consumed > 0 || bytes.empty() || state == State::kMessageComplete);
    if (!data.empty()) {
      EXPECT_GE(data.data(), bytes.data());
      EXPECT_LE(data.data() + data.size(), bytes.data() + consumed);
    }
    outcome.content += data;
    outcome.consumed += consumed;
    bytes.remove_prefix(consumed);
  } while (outcome.state == State::kNeedMore && !bytes.empty());
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const ParseOutcome& outcome) {
  constexpr std::string_view kStates[] = {"need more", "head complete", "message complete",
                                          "invalid"};
  out << kStates[static_cast<size_t>(outcome.state)] << ' ' << outcome.error_status << ", consumed "
      << outcome.consumed << ", started " << outcome.started << ", " << outcome.method_name << ' '
      << outcome.target << " HTTP/1." << outcome.minor_version << ", keep-alive "
      << outcome.keep_alive << ", body " << outcome.has_body << " of " << outcome.content.size();
  for (const auto& [name, value] : outcome.fields) {
    out << " [" << name << ": " << value << ']';
  }
  return out;
}

ParseOutcome parse_pieces(const std::vector<std::string_view>& pieces, const HeadLimits& limits) {
  using State = RequestParser::State;
  RequestParser parser(limits);
  ParseOutcome outcome;
  std::string head_bytes;
  for (const std::string_view piece : pieces) {
    const auto memory = std::make_unique<char[]>(piece.size());
    std::ranges::copy(piece, memory.get());
    std::string_view rest(memory.get(), piece.size());
    if (!outcome.head_complete) {
      const auto [state, consumed] = parser.parse_head(rest);
      outcome.state = state;
      EXPECT_LE(consumed, rest.size());
      EXPECT_TRUE(state != State::kNeedMore || consumed == rest.size());
      outcome.consumed += consumed;
      head_bytes += rest.substr(0, consumed);
      rest.remove_prefix(consumed);
      if (state == State::kHeadComplete) {
        // Elsewhere in memory than any piece: the view must hold on to none of them.
        take_head(parser.head(head_bytes.data()), outcome);
      }
    }
    if (outcome.head_complete) {
      take_body(parser, rest, outcome);
    }
    if (outcome.state == State::kInvalid) {
      outcome.consumed = 0;
      outcome.content.clear();
      outcome.error_status = parser.error_status();
      EXPECT_EQ(parser.parse_head("x").state, State::kInvalid) << "an error must last";
      std::string_view data;
      EXPECT_EQ(parser.parse_body("x", data).state, State::kInvalid) << "an error must last";
      EXPECT_EQ(data, "");
    }
    if (outcome.state == State::kInvalid || outcome.state == State::kMessageComplete) {
      break;
    }
  }
  outcome.started = parser.started();
  return outcome;
}

ParseOutcome parse(std::string_view stream, const HeadLimits& limits) {
  const ParseOutcome whole = parse_pieces({stream}, limits);
  std::vector<std::string_view> bytes;
  for (size_t i = 0; i < stream.size(); ++i) {
    bytes.push_back(stream.substr(i, 1));
  }
  if (!bytes.empty()) {
    EXPECT_EQ(parse_pieces(bytes, limits), whole) << "byte by byte: " << printable(stream);
  }
  constexpr size_t kSplits = 1000;
  const size_t stride = stream.size() / kSplits + 1;
  for (size_t at = 1; at < stream.size(); at += stride) {
    EXPECT_EQ(parse_pieces({stream.substr(0, at), stream.substr(at)}, limits), whole)
        << "cut at " << at << ": " << printable(stream);
  }
  return whole;
}

std::string printable(std::string_view stream) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : stream.substr(0, 400)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r' || c == '\n') {
      text += c == '\r' ? "\\r" : "\\n";
    } else if (byte < 0x20 || byte > 0x7e) {
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace sluice::http
