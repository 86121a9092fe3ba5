// All rules of a site, found by path in one walk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/matches.h"
#include "rules/rule_path.h"

namespace sluice::rules {

// A radix tree over the literal prefixes of the rules' paths. A walk down the bytes of a path meets
// the rules whose prefix begins it; of those, the ones whose last literal bytes do not end it are
// sorted out by one comparison of integers, and only what is left looks at its wildcards.
//
// Immutable, and may be used by many threads.
class RuleIndex {
 public:
  struct Rule {
    RuleKind kind;
    size_t index;  // among those of its kind; below kMaxRulesOfAKind
    RulePath path;
  };

  RuleIndex() = default;
  explicit RuleIndex(std::vector<Rule> rules);

  bool empty() const noexcept { return rules_.empty(); }

  // The rules that `path` (absolute, decoded, resolved) matches.
  Matches match(std::string_view path) const noexcept;

 private:
  friend class RuleIndexBuilder;

  // Offsets and counts refer to labels_, nodes_ and entries_.
  struct Node {
    uint32_t label_offset;
    uint32_t label_size;
    uint32_t first_child;
    uint32_t child_count;
    uint32_t first_entry;
    uint32_t entry_count;
  };

  // What decides most candidates without a look at the rule.
  struct Entry {
    uint64_t tail;       // of the literal suffix: its last bytes, as last_bytes() reads them
    uint64_t tail_mask;  // which bytes of it count
    uint32_t min_size;
    uint32_t max_size;
    uint32_t rule;  // in rules_
    uint16_t index;
    RuleKind kind;
    bool decided;  // there is nothing else to look at
  };

  void collect(const Node& node, std::string_view path, uint64_t tail,
               Matches& matches) const noexcept;
  bool fits(const Rule& rule, std::string_view path) const noexcept;

  std::vector<Rule> rules_;
  std::vector<Node> nodes_;     // the children of a node are neighbours
  std::string first_bytes_;     // of each node's label, to find a child by
  std::vector<Entry> entries_;  // those of a node are neighbours
  std::string labels_;
};

}  // namespace sluice::rules
