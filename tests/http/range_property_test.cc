// Sets of ranges against a model that marks every byte: RFC 9110 §14.1.2.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "http/range.h"
#include "support/random.h"

namespace sluice::http {
namespace {

using testing_support::Random;

constexpr size_t kMostApart = 128;

struct Requested {
  std::optional<uint64_t> first;
  std::optional<uint64_t> last;
};

struct Run {
  uint64_t first;
  uint64_t length;
  size_t place;  // of the first range of the request that has a byte in it

  bool operator==(const Run&) const = default;
};

struct Expected {
  RangeKind kind = RangeKind::kWhole;
  std::vector<Run> runs;
};

bool covers(const Requested& range, uint64_t position, uint64_t size) {
  if (!range.first) {
    return size - position <= *range.last;
  }
  return position >= *range.first && (!range.last || position <= *range.last);
}

// Runs of marked bytes, from left to right. `marks` says for each byte which range was the first to
// have it.
std::vector<Run> runs_of(const std::vector<std::optional<size_t>>& marks) {
  std::vector<Run> runs;
  for (size_t i = 0; i < marks.size(); ++i) {
    if (!marks[i]) {
      continue;
    }
    if (i == 0 || !marks[i - 1]) {
      runs.push_back({i, 0, *marks[i]});
    }
    runs.back().place = std::min(runs.back().place, *marks[i]);
    ++runs.back().length;
  }
  return runs;
}

Expected expect(const std::vector<Requested>& ranges, uint64_t size) {
  std::vector<std::optional<size_t>> marks(size);
  uint64_t sum = 0;
  size_t most_apart = 0;
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].first && ranges[i].last && *ranges[i].first > *ranges[i].last) {
      return {};
    }
    for (uint64_t position = 0; position < size; ++position) {
      if (covers(ranges[i], position, size)) {
        marks[position] = marks[position].value_or(i);
        ++sum;
      }
    }
    most_apart = std::max(most_apart, runs_of(marks).size());
  }
  std::vector<Run> runs = runs_of(marks);
  std::ranges::sort(runs, {}, &Run::place);
  if (ranges.empty() || sum > size || runs.size() > kMaxRanges || most_apart > kMostApart) {
    return {};
  }
  if (runs.empty()) {
    return {RangeKind::kUnsatisfiable, {}};
  }
  return {runs.size() == 1 ? RangeKind::kSingle : RangeKind::kMultiple, runs};
}

std::string blanks_and_commas(Random& random, bool comma) {
  std::string text;
  for (int i = 0; random.chance(0.2) && i < 4; ++i) {
    text += random.pick({",", " ,", ",\t"});
    comma = false;
  }
  return comma ? "," + text : text;
}

std::string write_value(Random& random, const std::vector<Requested>& ranges) {
  std::string value = "bytes=" + blanks_and_commas(random, false);
  bool first = true;
  for (const Requested& range : ranges) {
    value += first ? "" : blanks_and_commas(random, true);
    first = false;
    value += (range.first ? std::to_string(*range.first) : "") + "-" +
             (range.last ? std::to_string(*range.last) : "");
  }
  return value + blanks_and_commas(random, false);
}

// Short ranges mostly, so that many fit into the file.
Requested random_range(Random& random, uint64_t size, uint64_t longest) {
  const uint64_t first = random.below(size + size / 8 + 2);
  if (random.chance(0.04)) {
    return {std::nullopt, random.below(longest + 1)};
  }
  if (random.chance(0.02)) {
    return {first, std::nullopt};
  }
  if (random.chance(0.002) && first > 0) {
    return {first, first - 1};
  }
  return {first, first + random.below(longest)};
}

void check(const RangeSet& set, const Expected& expected, uint64_t size) {
  ASSERT_EQ(set.kind, expected.kind);
  ASSERT_EQ(set.chosen().size(), expected.runs.size());
  ASSERT_LE(set.chosen().size(), kMaxRanges);
  uint64_t sum = 0;
  for (size_t i = 0; i < expected.runs.size(); ++i) {
    ASSERT_EQ(set.ranges[i].first, expected.runs[i].first) << "range " << i;
    ASSERT_EQ(set.ranges[i].length, expected.runs[i].length) << "range " << i;
    sum += set.ranges[i].length;
  }
  ASSERT_LE(sum, size);
}

void compare_with_model(uint64_t seed, int rounds, uint64_t largest, size_t most_ranges,
                        uint64_t longest, std::array<int, 4>& kinds) {
  Random random(seed);
  for (int round = 0; round < rounds; ++round) {
    const uint64_t size = random.below(largest + 1);
    std::vector<Requested> ranges(random.below(most_ranges + 1));
    std::ranges::generate(ranges, [&] { return random_range(random, size, longest); });
    const std::string value = write_value(random, ranges);
    const Expected expected = expect(ranges, size);
    ++kinds[static_cast<size_t>(expected.kind)];
    SCOPED_TRACE(testing::Message()
                 << "seed " << seed << ", round " << round << ": " << value << " of " << size);
    ASSERT_NO_FATAL_FAILURE(check(choose_ranges(value, size), expected, size));
  }
}

TEST(RangeProperties, FewRangesOfASmallFile) {
  std::array<int, 4> kinds{};
  compare_with_model(1, 20'000, 40, 4, 12, kinds);
  for (const int count : kinds) {
    EXPECT_GT(count, 500) << "an outcome that hardly ever happens is not tested";
  }
}

TEST(RangeProperties, ManyRanges) {
  std::array<int, 4> kinds{};
  compare_with_model(2, 3'000, 300, 40, 6, kinds);
  EXPECT_GT(kinds[static_cast<size_t>(RangeKind::kMultiple)], 500);
  EXPECT_GT(kinds[static_cast<size_t>(RangeKind::kWhole)], 500);
}

// One byte each, of which many touch: the number that lie apart goes up and down again.
TEST(RangeProperties, CrowdsOfSingleBytes) {
  Random random(3);
  int chosen = 0;
  for (int round = 0; round < 60; ++round) {
    const uint64_t size = random.between(150, 330);
    std::vector<Requested> ranges(size);
    for (size_t i = 0; i < size; ++i) {
      ranges[i] = {i, i};
    }
    for (size_t i = size; i-- > 1;) {
      std::swap(ranges[i], ranges[random.below(i + 1)]);
    }
    ranges.resize(size - random.below(18));
    const Expected expected = expect(ranges, size);
    chosen += expected.kind == RangeKind::kWhole ? 0 : 1;
    SCOPED_TRACE(testing::Message() << "round " << round << " of " << size);
    ASSERT_NO_FATAL_FAILURE(
        check(choose_ranges(write_value(random, ranges), size), expected, size));
  }
  EXPECT_GT(chosen, 10);
  EXPECT_LT(chosen, 60);
}

}  // namespace
}  // namespace sluice::http
