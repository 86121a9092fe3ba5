#include "rules/pattern.h"

#include <algorithm>

#include "rules/control_bytes.h"
#include "rules/message.h"

namespace sluice::rules {

namespace {

// What is wrong with a pattern before it is taken apart; "" if nothing is.
std::string find_mistake(std::string_view text) {
  if (text.empty()) {
    return "a pattern is not empty; \"/**\" is every path";
  }
  if (text.size() > kMaxPatternBytes) {
    return message("the pattern has ", text.size(), " bytes; ", kMaxPatternBytes, " are allowed");
  }
  if (has_control_byte(text)) {
    return "a pattern holds no control characters";
  }
  if (text.contains("***")) {
    return message("'***' in \"", text, "\" means nothing; '*' stays in a segment, '**' does not");
  }
  if (text.contains("//")) {
    return message("\"", text, "\" matches nothing: repeated slashes of a path are merged");
  }
  return "";
}

// Positions 0 to n in the part of a path that is between prefix and suffix.
class PositionSet {
 public:
  // Must be called first.
  void clear(size_t last) noexcept { std::fill_n(words_.begin(), last / 64 + 1, uint64_t{0}); }

  void add(size_t position) noexcept { words_[position / 64] |= uint64_t{1} << (position % 64); }

  bool contains(size_t position) const noexcept {
    return (words_[position / 64] >> (position % 64) & 1) != 0;
  }

 private:
  std::array<uint64_t, kMaxPathBytes / 64 + 1> words_;
};

// Matches the part of a path between prefix and suffix. Works from the right: for each wildcard it
// finds the set of positions at which the wildcard may end so that all behind it matches. Each set
// follows from the one to its right in one pass over the path and one search for the literal
// between them, so all of them take O(path × pattern) steps, and no choice is ever taken back.
class MiddleMatcher {
 public:
  // `before` is the byte in front of the middle.
  MiddleMatcher(std::string_view middle, char before, const std::vector<std::string>& literals,
                const std::vector<Wildcard>& wildcards) noexcept
      : middle_(middle), before_(before), literals_(literals), wildcards_(wildcards) {}

  bool match() noexcept {
    const size_t last = wildcards_.size() - 1;
    ends_[last].clear(middle_.size());
    ends_[last].add(middle_.size());
    for (size_t i = last; i > 0; --i) {
      find_starts(wildcards_[i], ends_[i]);
      if (!find_ends(literals_[i], ends_[i - 1])) {
        return false;
      }
    }
    find_starts(wildcards_[0], ends_[0]);
    return starts_.contains(0);
  }

  // REQUIRES: match() has returned true.
  void capture(bool skip_first, Captures& captures) const noexcept {
    size_t begin = 0;
    captures.count = 0;
    for (size_t i = 0; i < wildcards_.size(); ++i) {
      const size_t end = nearest_end(i, begin);
      if (i > 0 || !skip_first) {
        captures.parts[captures.count++] = captured(wildcards_[i], begin, end);
      }
      begin = end + literals_[i + 1].size();
    }
  }

  // What a wildcard that spans [begin, end) captures.
  std::string_view captured(Wildcard wildcard, size_t begin, size_t end) const noexcept {
    const bool slash_behind = wildcard == Wildcard::kFolders && end > begin;
    return middle_.substr(begin, end - begin - (slash_behind ? 1 : 0));
  }

 private:
  // starts_ becomes where `wildcard` may begin if it may end at `ends`.
  void find_starts(Wildcard wildcard, const PositionSet& ends) noexcept {
    starts_.clear(middle_.size());
    bool reached = false;  // from the position to the right
    for (size_t i = middle_.size() + 1; i-- > 0;) {
      switch (wildcard) {
        case Wildcard::kByte:
          reached = i < middle_.size() && middle_[i] != '/' && ends.contains(i + 1);
          break;
        case Wildcard::kSegment:
          reached = ends.contains(i) || (reached && middle_[i] != '/');
          break;
        case Wildcard::kAny:
          reached = reached || ends.contains(i);
          break;
        case Wildcard::kFolders:
          reached = reached || (ends.contains(i) && after_slash(i));
          break;
      }
      if (reached) {
        starts_.add(i);
      }
    }
  }

  // `ends` becomes where `literal` stands in front of one of starts_. False if nowhere.
  bool find_ends(std::string_view literal, PositionSet& ends) const noexcept {
    ends.clear(middle_.size());
    bool found = false;
    size_t at = middle_.find(literal);
    while (at != std::string_view::npos) {
      if (starts_.contains(at + literal.size())) {
        ends.add(at);
        found = true;
      }
      at = middle_.find(literal, at + 1);
    }
    return found;
  }

  // The nearest is the right one: whatever a wildcard may not cross, it need not cross to get there
  // if it can get to any end at all.
  size_t nearest_end(size_t wildcard, size_t begin) const noexcept {
    if (wildcards_[wildcard] == Wildcard::kByte) {
      return begin + 1;
    }
    size_t end = begin;
    while (!ends_[wildcard].contains(end) ||
           (wildcards_[wildcard] == Wildcard::kFolders && !after_slash(end))) {
      ++end;
    }
    return end;
  }

  bool after_slash(size_t position) const noexcept {
    return (position == 0 ? before_ : middle_[position - 1]) == '/';
  }

  std::string_view middle_;
  char before_;
  const std::vector<std::string>& literals_;
  const std::vector<Wildcard>& wildcards_;
  PositionSet starts_;
  std::array<PositionSet, kMaxCaptures + 1> ends_;  // one for the wildcard that is put in front
};

// A single wildcard between prefix and suffix.
bool matches_alone(Wildcard wildcard, std::string_view middle) noexcept {
  switch (wildcard) {
    case Wildcard::kByte:
      return middle.size() == 1 && middle[0] != '/';
    case Wildcard::kSegment:
      return !middle.contains('/');
    case Wildcard::kAny:
      return true;
    case Wildcard::kFolders:
      return middle.empty() || middle.ends_with('/');
  }
  return false;
}

}  // namespace

class PatternCompiler {
 public:
  explicit PatternCompiler(Pattern& pattern) noexcept : pattern_(pattern) {}

  // REQUIRES: `text` begins with '/' and has no mistake.
  void read(std::string_view text) {
    for (size_t i = 0; i < text.size();) {
      if (text[i] == '?') {
        add(Wildcard::kByte);
        i += 1;
      } else if (text[i] != '*') {
        pattern_.literals_.back() += text[i];
        i += 1;
      } else if (!text.substr(i).starts_with("**")) {
        add(Wildcard::kSegment);
        i += 1;
      } else if (text[i - 1] == '/' && text.substr(i).starts_with("**/")) {
        add(Wildcard::kFolders);
        i += 3;
      } else {
        add(Wildcard::kAny);
        i += 2;
      }
    }
    finish();
  }

 private:
  void add(Wildcard wildcard) {
    pattern_.wildcards_.push_back(wildcard);
    pattern_.literals_.emplace_back();
    pattern_.min_size_ += wildcard == Wildcard::kByte ? 1 : 0;
  }

  void finish() {
    for (const std::string& literal : pattern_.literals_) {
      pattern_.min_size_ += literal.size();
    }
    const std::vector<Wildcard>& wildcards = pattern_.wildcards_;
    const bool any = wildcards.size() == 1 && wildcards[0] == Wildcard::kAny;
    // "/**/*.js": the folders end at the last slash, whose place the segment does not mind.
    const bool any_name = wildcards.size() == 2 && wildcards[0] == Wildcard::kFolders &&
                          wildcards[1] == Wildcard::kSegment && pattern_.literals_[1].empty();
    pattern_.any_middle_ = any || any_name;
  }

  Pattern& pattern_;
};

std::expected<Pattern, std::string> Pattern::compile(std::string_view text) {
  if (std::string mistake = find_mistake(text); !mistake.empty()) {
    return std::unexpected(std::move(mistake));
  }
  Pattern pattern;
  pattern.implied_ = text.front() != '/';
  const std::string whole = (pattern.implied_ ? "/**/" : "") + std::string(text);
  PatternCompiler(pattern).read(whole);
  if (pattern.capture_count() > kMaxCaptures) {
    return std::unexpected(message("\"", text, "\" has ", pattern.capture_count(), " wildcards; ",
                                   kMaxCaptures, " are allowed"));
  }
  return pattern;
}

bool Pattern::match(std::string_view path, Captures* captures) const noexcept {
  if (path.size() < min_size_ || path.size() > kMaxPathBytes ||
      !path.starts_with(literal_prefix()) || !path.ends_with(literal_suffix())) {
    return false;
  }
  return captures == nullptr ? match_middle(path) : match_wildcards(path, captures);
}

bool Pattern::match_wildcards(std::string_view path, Captures* captures) const noexcept {
  const size_t begin = literal_prefix().size();
  const std::string_view middle = path.substr(begin, path.size() - begin - literal_suffix().size());
  if (exact()) {
    if (captures != nullptr) {
      captures->count = 0;
    }
    return middle.empty();
  }
  if (wildcards_.size() == 1 && captures == nullptr) {
    return matches_alone(wildcards_[0], middle);
  }
  MiddleMatcher matcher(middle, path[begin - 1], literals_, wildcards_);
  if (!matcher.match()) {
    return false;
  }
  if (captures != nullptr) {
    matcher.capture(implied_, *captures);
  }
  return true;
}

}  // namespace sluice::rules
