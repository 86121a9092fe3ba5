#include "rules/rule_index.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace sluice::rules {

namespace {

// The last eight bytes, in the order of memory; zeros in front of a shorter text.
uint64_t last_bytes(std::string_view text) noexcept {
  constexpr size_t kBytes = sizeof(uint64_t);
  char bytes[kBytes] = {};
  const size_t size = std::min(text.size(), kBytes);
  text.copy(bytes + kBytes - size, size, text.size() - size);
  uint64_t value = 0;
  std::memcpy(&value, bytes, kBytes);
  return value;
}

size_t common_size(std::string_view a, std::string_view b) noexcept {
  return static_cast<size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace

// Builds the tree level by level, so that the children of a node come to be neighbours.
class RuleIndexBuilder {
 public:
  explicit RuleIndexBuilder(RuleIndex& index) noexcept : index_(index) {}

  void build() {
    auto& rules = index_.rules_;
    std::ranges::stable_sort(rules, {},
                             [](const auto& rule) { return rule.path.literal_prefix(); });
    pending_.push_back({0, 0, rules.size()});
    index_.nodes_.emplace_back();
    index_.first_bytes_ += '\0';
    for (size_t node = 0; node < pending_.size(); ++node) {
      build_node(node, pending_[node]);
    }
  }

 private:
  // The rules [begin, end), whose prefixes have their first `depth` bytes in common.
  struct Range {
    size_t depth;
    size_t begin;
    size_t end;
  };

  std::string_view prefix(size_t rule) const noexcept {
    return index_.rules_[rule].path.literal_prefix();
  }

  void build_node(size_t node_index, Range range) {
    const std::string_view first = prefix(range.begin);
    // Sorted, so what the first and the last have in common, all have.
    const size_t end_of_label = common_size(first, prefix(range.end - 1));
    RuleIndex::Node node{};
    node.label_offset = static_cast<uint32_t>(index_.labels_.size());
    node.label_size = static_cast<uint32_t>(end_of_label - range.depth);
    index_.labels_ += first.substr(range.depth, node.label_size);
    node.first_entry = static_cast<uint32_t>(index_.entries_.size());
    size_t at = range.begin;
    for (; at < range.end && prefix(at).size() == end_of_label; ++at) {
      add_entry(at);
    }
    node.entry_count = static_cast<uint32_t>(index_.entries_.size() - node.first_entry);
    node.first_child = static_cast<uint32_t>(index_.nodes_.size());
    while (at < range.end) {
      const char byte = prefix(at)[end_of_label];
      const size_t begin = at;
      while (at < range.end && prefix(at)[end_of_label] == byte) {
        ++at;
      }
      pending_.push_back({end_of_label, begin, at});
      index_.nodes_.emplace_back();
      index_.first_bytes_ += byte;
    }
    node.child_count = static_cast<uint32_t>(index_.nodes_.size() - node.first_child);
    index_.nodes_[node_index] = node;
  }

  void add_entry(size_t rule_index) {
    constexpr uint64_t kAllBytes = ~uint64_t{0};
    const RuleIndex::Rule& rule = index_.rules_[rule_index];
    const std::string_view suffix = rule.path.literal_suffix();
    const std::string ones(suffix.size(), '\xff');
    RuleIndex::Entry entry{};
    entry.tail = last_bytes(suffix);
    entry.tail_mask = suffix.size() >= sizeof(uint64_t) ? kAllBytes : last_bytes(ones);
    entry.min_size = static_cast<uint32_t>(rule.path.min_size());
    entry.max_size = rule.path.exact() ? entry.min_size : std::numeric_limits<uint32_t>::max();
    entry.rule = static_cast<uint32_t>(rule_index);
    entry.index = static_cast<uint16_t>(rule.index);
    entry.kind = rule.kind;
    entry.decided =
        rule.path.exact() || (rule.path.any_middle() && suffix.size() <= sizeof(uint64_t));
    index_.entries_.push_back(entry);
  }

  RuleIndex& index_;
  std::vector<Range> pending_;  // of each node of the index
};

RuleIndex::RuleIndex(std::vector<Rule> rules) : rules_(std::move(rules)) {
  if (!rules_.empty()) {
    RuleIndexBuilder(*this).build();
  }
}

Matches RuleIndex::match(std::string_view path) const noexcept {
  Matches matches;
  if (rules_.empty() || path.size() > kMaxPathBytes) {
    return matches;
  }
  const uint64_t tail = last_bytes(path);
  const Node* node = nodes_.data();
  std::string_view rest = path;
  while (rest.starts_with(std::string_view(labels_).substr(node->label_offset, node->label_size))) {
    rest.remove_prefix(node->label_size);
    collect(*node, path, tail, matches);
    if (rest.empty() || node->child_count == 0) {
      break;
    }
    const char* bytes = first_bytes_.data() + node->first_child;
    const void* found = std::memchr(bytes, rest.front(), node->child_count);
    if (found == nullptr) {
      break;
    }
    node = nodes_.data() + node->first_child + (static_cast<const char*>(found) - bytes);
  }
  return matches;
}

void RuleIndex::collect(const Node& node, std::string_view path, uint64_t tail,
                        Matches& matches) const noexcept {
  const Entry* entry = entries_.data() + node.first_entry;
  const Entry* end = entry + node.entry_count;
  for (; entry != end; ++entry) {
    if ((tail & entry->tail_mask) != entry->tail || path.size() < entry->min_size ||
        path.size() > entry->max_size) {
      continue;
    }
    if (entry->decided || fits(rules_[entry->rule], path)) {
      matches.add(entry->kind, entry->index);
    }
  }
}

bool RuleIndex::fits(const Rule& rule, std::string_view path) const noexcept {
  return path.ends_with(rule.path.literal_suffix()) && rule.path.match_middle(path);
}

}  // namespace sluice::rules
