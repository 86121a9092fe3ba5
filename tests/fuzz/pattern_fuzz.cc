// Pattern and Substitution. Input: a pattern; a rule's `to`; bytes of room for it; a path.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "fuzz/fuzz_input.h"
#include "http/characters.h"
#include "http/target_path.h"
#include "rules/pattern.h"
#include "rules/substitution.h"

namespace sluice::fuzz {
namespace {

using rules::Captures;
using rules::Escaping;
using rules::Pattern;

// More would take long in SlowMatcher.
constexpr size_t kMostPathBytes = 200;
constexpr size_t kMostPatternBytes = 100;

// Tries the shortest first, and never twice what has led nowhere.
class SlowMatcher {
 public:
  SlowMatcher(std::string pattern, std::string_view path)
      : pattern_(std::move(pattern)),
        path_(path),
        hopeless_((pattern_.size() + 1) * (path_.size() + 1)) {}

  bool match(size_t at = 0, size_t position = 0) {
    const size_t state = at * (path_.size() + 1) + position;
    if (hopeless_[state]) return false;
    const bool matched = match_here(at, position);
    if (!matched) hopeless_[state] = true;
    return matched;
  }

  const std::vector<std::string_view>& captures() const noexcept { return captures_; }

 private:
  bool match_here(size_t at, size_t position) {
    if (at == pattern_.size()) return position == path_.size();
    const std::string_view rest = std::string_view(pattern_).substr(at);
    if (rest.starts_with("**")) {
      const bool folders = at > 0 && pattern_[at - 1] == '/' && rest.starts_with("**/");
      return folders ? match_folders(at + 3, position) : match_bytes(at + 2, position, true);
    }
    if (rest.front() == '*') return match_bytes(at + 1, position, false);
    if (position == path_.size()) return false;
    if (rest.front() == '?') {
      return path_[position] != '/' && match_with(position, 1, at + 1, position + 1);
    }
    return path_[position] == rest.front() && match(at + 1, position + 1);
  }

  bool match_with(size_t begin, size_t length, size_t at, size_t position) {
    captures_.push_back(path_.substr(begin, length));
    if (match(at, position)) return true;
    captures_.pop_back();
    return false;
  }

  bool match_bytes(size_t at, size_t position, bool slashes) {
    for (size_t end = position; end <= path_.size(); ++end) {
      if (match_with(position, end - position, at, end)) return true;
      if (end < path_.size() && path_[end] == '/' && !slashes) return false;
    }
    return false;
  }

  bool match_folders(size_t at, size_t position) {
    if (match_with(position, 0, at, position)) return true;
    for (size_t end = position + 1; end <= path_.size(); ++end) {
      if (path_[end - 1] == '/' && match_with(position, end - 1 - position, at, end)) return true;
    }
    return false;
  }

  std::string pattern_;
  std::string_view path_;
  std::vector<bool> hopeless_;
  std::vector<std::string_view> captures_;
};

void check_captures(const Captures& captures, std::vector<std::string_view> expected, bool implied,
                    std::string_view path) {
  if (implied) expected.erase(expected.begin());
  SLUICE_CHECK(captures.count == expected.size());
  for (size_t i = 0; i < captures.count; ++i) {
    const std::string_view part = captures.parts[i];
    SLUICE_CHECK(part == expected[i]);
    SLUICE_CHECK(part.empty() || (part.data() >= path.data() &&
                                  part.data() + part.size() <= path.data() + path.size()));
  }
}

// Returns whether it matches.
bool check_match(const Pattern& pattern, std::string_view text, std::string_view path,
                 Captures& captures) {
  const bool matched = pattern.match(path);
  SLUICE_CHECK(pattern.match(path, &captures) == matched);
  SLUICE_CHECK(!matched || captures.count == pattern.capture_count());
  const bool candidate = path.size() >= pattern.min_size() &&
                         path.starts_with(pattern.literal_prefix()) &&
                         path.ends_with(pattern.literal_suffix());
  SLUICE_CHECK(candidate || !matched);
  // A pattern that is exact has nothing behind its prefix that match_middle() would look at.
  if (candidate && !pattern.exact()) SLUICE_CHECK(pattern.match_middle(path) == matched);
  if (path.size() > kMostPathBytes || text.size() > kMostPatternBytes) return matched;
  SlowMatcher slow((pattern.implied() ? "/**/" : "") + std::string(text), path);
  SLUICE_CHECK(slow.match() == matched);
  if (matched) check_captures(captures, slow.captures(), pattern.implied(), path);
  return matched;
}

bool is_url_text(char c) { return http::is_location_char(c) || c == '/' || c == '%' || c == '\''; }

void check_substitution(std::string_view text, const Captures& captures, size_t room) {
  const auto substitution = rules::Substitution::compile(text, captures.count);
  if (!substitution) {
    SLUICE_CHECK(!substitution.error().empty());
    return;
  }
  size_t captured = 0;  // bytes, of which each becomes three at most
  for (size_t i = 0; i < captures.count; ++i) captured += 3 * captures.parts[i].size();
  for (const Escaping escaping : {Escaping::kNone, Escaping::kPath, Escaping::kQuery}) {
    std::vector<char> out((1 + captured) * text.size());
    const size_t size = substitution->write(captures, escaping, out);
    std::vector<char> short_out(std::min(room, size));
    const size_t fitted = substitution->write(captures, escaping, short_out);
    SLUICE_CHECK(fitted == (short_out.size() == size ? size : 0));
    SLUICE_CHECK(
        std::equal(out.begin(), out.begin() + static_cast<ptrdiff_t>(fitted), short_out.begin()));
    if (escaping == Escaping::kNone) continue;
    const std::string_view written(out.data(), size);
    // What was captured is escaped; the text itself is not.
    if (std::ranges::all_of(text, [](char c) { return is_url_text(c) || c == '$'; })) {
      SLUICE_CHECK(std::ranges::all_of(written, is_url_text));
    }
  }
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  fuzz::FuzzInput input(data, size);
  const std::string_view text = input.line();
  const std::string_view to = input.line().substr(0, 64);
  const auto room = input.number<size_t>();
  http::TargetPath path;
  if (!path.assign(input.rest(), "")) return 0;
  const auto pattern = rules::Pattern::compile(text);
  if (!pattern) {
    SLUICE_CHECK(!pattern.error().empty());
    return 0;
  }
  SLUICE_CHECK(text.size() <= rules::kMaxPatternBytes);
  SLUICE_CHECK(pattern->capture_count() <= rules::kMaxCaptures);
  const fuzz::ExactBytes absolute(path.absolute());
  rules::Captures captures;
  if (fuzz::check_match(*pattern, text, absolute.view(), captures)) {
    fuzz::check_substitution(to, captures, room);
  }
  return 0;
}
