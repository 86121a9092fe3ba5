// Random patterns on random paths, against a matcher that tries everything.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "rules/pattern.h"
#include "support/random.h"

namespace sluice::rules {
namespace {

using testing_support::Random;

// Tries the shortest first, and takes every choice back that leads nowhere.
class SlowMatcher {
 public:
  SlowMatcher(std::string pattern, std::string_view path)
      : pattern_(std::move(pattern)), path_(path) {}

  bool match(size_t at = 0, size_t position = 0) {
    if (at == pattern_.size()) {
      return position == path_.size();
    }
    const std::string_view rest = std::string_view(pattern_).substr(at);
    if (rest.starts_with("**")) {
      const bool folders = at > 0 && pattern_[at - 1] == '/' && rest.starts_with("**/");
      return folders ? match_folders(at, position) : match_bytes(at + 2, position, true);
    }
    if (rest.front() == '*') {
      return match_bytes(at + 1, position, false);
    }
    if (rest.front() == '?') {
      return position < path_.size() && path_[position] != '/' &&
             match_with({position, position + 1}, at + 1, position + 1);
    }
    return position < path_.size() && path_[position] == rest.front() &&
           match(at + 1, position + 1);
  }

  std::vector<std::string_view> captures() const {
    std::vector<std::string_view> parts;
    for (const Span span : spans_) {
      parts.push_back(path_.substr(span.begin, span.end - span.begin));
    }
    return parts;
  }

 private:
  struct Span {
    size_t begin;
    size_t end;
  };

  bool match_with(Span span, size_t at, size_t position) {
    spans_.push_back(span);
    if (match(at, position)) {
      return true;
    }
    spans_.pop_back();
    return false;
  }

  bool match_bytes(size_t at, size_t position, bool slashes) {
    for (size_t end = position;; ++end) {
      if (match_with({position, end}, at, end)) {
        return true;
      }
      if (end == path_.size() || (path_[end] == '/' && !slashes)) {
        return false;
      }
    }
  }

  bool match_folders(size_t at, size_t position) {
    if (match_with({position, position}, at + 3, position)) {
      return true;
    }
    for (size_t end = position + 1; end <= path_.size(); ++end) {
      if (path_[end - 1] == '/' && match_with({position, end - 1}, at + 3, end)) {
        return true;
      }
    }
    return false;
  }

  std::string pattern_;
  std::string_view path_;
  std::vector<Span> spans_;
};

std::string random_path(Random& random) {
  std::string path = "/";
  for (uint64_t left = random.below(12); left > 0; --left) {
    const char c = random.pick({'a', 'a', 'b', 'c', '/'});
    if (c != '/' || path.back() != '/') {
      path += c;
    }
  }
  return path;
}

std::string random_pattern(Random& random) {
  std::string pattern = random.chance(0.8) ? "/" : "";
  for (uint64_t left = random.between(1, 7); left > 0; --left) {
    pattern += random.pick({"a", "b", "a", "/", "?", "*", "**", "**/", "/**/"});
  }
  return pattern;
}

TEST(PatternProperty, AgreesWithTheSlowMatcher) {
  size_t matches = 0;
  for (uint64_t seed = 1; seed <= 20'000; ++seed) {
    Random random(seed);
    const std::string text = random_pattern(random);
    const auto pattern = Pattern::compile(text);
    if (!pattern) {
      continue;
    }
    const std::string path = random_path(random);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << text << " on " << path);
    const bool implied = !text.starts_with('/');
    SlowMatcher slow((implied ? "/**/" : "") + text, path);
    const bool expected = slow.match();
    ASSERT_EQ(pattern->match(path), expected);
    Captures captures;
    ASSERT_EQ(pattern->match(path, &captures), expected);
    if (expected) {
      ++matches;
      std::vector<std::string_view> parts = slow.captures();
      if (implied) {
        parts.erase(parts.begin());
      }
      ASSERT_EQ(std::vector(captures.parts.begin(), captures.parts.begin() + captures.count),
                parts);
    }
  }
  EXPECT_GT(matches, 1'000U);
}

}  // namespace
}  // namespace sluice::rules
