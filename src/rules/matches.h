// Which rules of a site a path matches: a set of fixed size, made on the stack.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace sluice::rules {

enum class RuleKind : uint8_t { kRedirect, kRewrite, kAuth, kHeader };

inline constexpr size_t kRuleKindCount = 4;
inline constexpr size_t kMaxRulesOfAKind = 512;

class Matches {
 public:
  // REQUIRES: index < kMaxRulesOfAKind.
  void add(RuleKind kind, size_t index) noexcept {
    words(kind)[index / 64] |= uint64_t{1} << (index % 64);
  }

  // Adds the rules of one kind that `other` has.
  void add_all(RuleKind kind, const Matches& other) noexcept {
    for (size_t i = 0; i < kWordsOfAKind; ++i) words(kind)[i] |= other.words(kind)[i];
  }

  bool contains(RuleKind kind, size_t index) const noexcept {
    return (words(kind)[index / 64] >> (index % 64) & 1) != 0;
  }

  // The first one from `begin` on, in the order of the configuration.
  std::optional<size_t> first(RuleKind kind, size_t begin = 0) const noexcept {
    if (begin >= kMaxRulesOfAKind) {
      return std::nullopt;
    }
    size_t word = begin / 64;
    uint64_t bits = words(kind)[word] & (~uint64_t{0} << (begin % 64));
    while (bits == 0) {
      if (++word == kWordsOfAKind) {
        return std::nullopt;
      }
      bits = words(kind)[word];
    }
    return word * 64 + static_cast<size_t>(std::countr_zero(bits));
  }

 private:
  static constexpr size_t kWordsOfAKind = kMaxRulesOfAKind / 64;
  using Words = std::array<uint64_t, kWordsOfAKind>;

  Words& words(RuleKind kind) noexcept { return words_[static_cast<size_t>(kind)]; }
  const Words& words(RuleKind kind) const noexcept { return words_[static_cast<size_t>(kind)]; }

  std::array<Words, kRuleKindCount> words_{};
};

}  // namespace sluice::rules
