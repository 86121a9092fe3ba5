// Patterns of paths: what <sluice/site.h> says about '?', '*' and '**', compiled.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "http/target_path.h"

namespace sluice::rules {

inline constexpr size_t kMaxCaptures = 9;         // $1 to $9
inline constexpr size_t kMaxPatternBytes = 1024;  // as it is written
// An absolute path of a request is never longer: what http::TargetPath holds, and a slash at either
// end. A longer one matches nothing.
inline constexpr size_t kMaxPathBytes = http::kPathCapacity + 1;

// What the wildcards of a pattern matched, from the left; '?' is one of them. Refers to the path.
// "/**/" captures what is between its slashes.
struct Captures {
  std::array<std::string_view, kMaxCaptures> parts;
  size_t count = 0;
};

enum class Wildcard : uint8_t {
  kByte,     // ?
  kSegment,  // *
  kAny,      // **
  kFolders,  // ** between slashes: nothing, or any bytes and the slash behind them
};

// Where several ways to match exist, each wildcard takes as little as it can, the first one first.
// A pattern without '/' in front has "/**/" put there, which is not a capture.
//
// Immutable, and may be used by many threads. Moving it is cheap.
class Pattern {
 public:
  // Fails with what is wrong, for a person: empty, too long, a control byte, "***", too many
  // wildcards, "//" (no path has it).
  static std::expected<Pattern, std::string> compile(std::string_view text);

  // Whether all of `path` (absolute, decoded, resolved) matches. Fills `captures` if it does and
  // `captures` is not null; it is unspecified otherwise. Takes at most
  // O(path.size() × size of the pattern), whatever the path is.
  bool match(std::string_view path, Captures* captures = nullptr) const noexcept;

  // For callers that have found the path to begin with literal_prefix(), to end in
  // literal_suffix(), and to have min_size() bytes: the same answer.
  bool match_middle(std::string_view path) const noexcept {
    return any_middle_ || match_wildcards(path, nullptr);
  }

  // What every path that matches begins with; all of the pattern if it has no wildcard.
  std::string_view literal_prefix() const noexcept { return literals_.front(); }

  // What every path that matches ends in, behind the last wildcard; "" if there is none.
  std::string_view literal_suffix() const noexcept {
    return exact() ? std::string_view() : std::string_view(literals_.back());
  }

  // No path that matches has fewer bytes. The prefix and the suffix do not overlap in it.
  size_t min_size() const noexcept { return min_size_; }

  // True if the wildcards match whatever is between prefix and suffix.
  bool any_middle() const noexcept { return any_middle_; }

  // True exactly when there is no wildcard.
  bool exact() const noexcept { return wildcards_.empty(); }

  size_t capture_count() const noexcept { return wildcards_.size() - (implied_ ? 1 : 0); }

  // The pattern is literals()[0], wildcards()[0], literals()[1], …, literals().back().
  const std::vector<std::string>& literals() const noexcept { return literals_; }
  const std::vector<Wildcard>& wildcards() const noexcept { return wildcards_; }
  // The first wildcard is the one that was put in front.
  bool implied() const noexcept { return implied_; }

 private:
  friend class PatternCompiler;

  bool match_wildcards(std::string_view path, Captures* captures) const noexcept;

  std::vector<std::string> literals_ = {""};  // one more than wildcards
  std::vector<Wildcard> wildcards_;
  size_t min_size_ = 0;
  bool implied_ = false;
  bool any_middle_ = false;
};

}  // namespace sluice::rules
