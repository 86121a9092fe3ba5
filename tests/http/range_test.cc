// Single ranges: RFC 9110 §14.1.2, §14.2, §14.4.
#include "http/range.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace sluice::http {
namespace {

constexpr uint64_t kMax = ~uint64_t{0};

std::string content_range(const RangeChoice& choice, uint64_t size) {
  char out[kContentRangeCapacity];
  return {out, write_content_range(choice, size, out)};
}

struct RangeCase {
  std::string_view value;
  uint64_t size;
  std::string_view content_range;  // empty: the whole file
};

class RangeTest : public testing::TestWithParam<RangeCase> {};

TEST_P(RangeTest, IsChosen) {
  const auto& [value, size, expected] = GetParam();
  const RangeChoice choice = choose_range(value, size);
  EXPECT_EQ(content_range(choice, size), expected) << value;
  EXPECT_EQ(choice.kind == RangeKind::kWhole, expected.empty()) << value;
  if (choice.kind != RangeKind::kPartial) {
    EXPECT_EQ(choice.range.first, 0u);
    EXPECT_EQ(choice.range.length, size);
  }
}

INSTANTIATE_TEST_SUITE_P(Partial, RangeTest,
                         testing::Values(RangeCase{"bytes=0-99", 1234, "bytes 0-99/1234"},
                                         RangeCase{"bytes=0-0", 1234, "bytes 0-0/1234"},
                                         RangeCase{"bytes=1233-1233", 1234, "bytes 1233-1233/1234"},
                                         RangeCase{"bytes=1000-5000", 1234, "bytes 1000-1233/1234"},
                                         RangeCase{"bytes=0-", 1234, "bytes 0-1233/1234"},
                                         RangeCase{"bytes=1233-", 1234, "bytes 1233-1233/1234"},
                                         RangeCase{"bytes=-1", 1234, "bytes 1233-1233/1234"},
                                         RangeCase{"bytes=-1234", 1234, "bytes 0-1233/1234"},
                                         RangeCase{"bytes=-5000", 1234, "bytes 0-1233/1234"},
                                         RangeCase{"bytes=000-0099", 1234, "bytes 0-99/1234"},
                                         RangeCase{"BYTES=0-99", 1234, "bytes 0-99/1234"},
                                         RangeCase{"Bytes=0-99", 1234, "bytes 0-99/1234"},
                                         RangeCase{" bytes=0-99\t", 1234, "bytes 0-99/1234"},
                                         RangeCase{"bytes=0-99,", 1234, "bytes 0-99/1234"},
                                         RangeCase{"bytes=0-99 , ", 1234, "bytes 0-99/1234"},
                                         RangeCase{"bytes=, 0-99", 1234, "bytes 0-99/1234"},
                                         RangeCase{"bytes=,\t,0-99,,", 1234, "bytes 0-99/1234"}));

INSTANTIATE_TEST_SUITE_P(
    Wide, RangeTest,
    testing::Values(
        RangeCase{"bytes=0-18446744073709551615", 10, "bytes 0-9/10"},
        RangeCase{"bytes=0-18446744073709551616", 10, "bytes 0-9/10"},
        RangeCase{"bytes=0-99999999999999999999999999999", 10, "bytes 0-9/10"},
        RangeCase{"bytes=-99999999999999999999999999999", 10, "bytes 0-9/10"},
        RangeCase{"bytes=99999999999999999999999999999-", 10, "bytes */10"},
        RangeCase{"bytes=18446744073709551615-", kMax, "bytes */18446744073709551615"},
        RangeCase{"bytes=18446744073709551614-", kMax,
                  "bytes 18446744073709551614-18446744073709551614/18446744073709551615"},
        RangeCase{"bytes=-1", kMax,
                  "bytes 18446744073709551614-18446744073709551614/18446744073709551615"},
        RangeCase{"bytes=5000000000-5000000001", 6000000000,
                  "bytes 5000000000-5000000001/6000000000"}));

INSTANTIATE_TEST_SUITE_P(Unsatisfiable, RangeTest,
                         testing::Values(RangeCase{"bytes=1234-", 1234, "bytes */1234"},
                                         RangeCase{"bytes=1234-1234", 1234, "bytes */1234"},
                                         RangeCase{"bytes=9999-99999", 1234, "bytes */1234"},
                                         RangeCase{"bytes=-0", 1234, "bytes */1234"},
                                         RangeCase{"bytes=-000", 1234, "bytes */1234"},
                                         RangeCase{"bytes=0-", 0, "bytes */0"},
                                         RangeCase{"bytes=0-0", 0, "bytes */0"},
                                         RangeCase{"bytes=-1", 0, "bytes */0"},
                                         RangeCase{"bytes=-0", 0, "bytes */0"}));

INSTANTIATE_TEST_SUITE_P(
    Whole, RangeTest,
    testing::Values(RangeCase{"", 1234, ""}, RangeCase{"bytes", 1234, ""},
                    RangeCase{"bytes=", 1234, ""}, RangeCase{"bytes=,", 1234, ""},
                    RangeCase{"bytes=-", 1234, ""}, RangeCase{"bytes=--1", 1234, ""},
                    RangeCase{"bytes=1", 1234, ""}, RangeCase{"bytes=1-0", 1234, ""},
                    RangeCase{"bytes=9999-9998", 1234, ""}, RangeCase{"bytes=0-9-", 1234, ""},
                    RangeCase{"bytes=0--9", 1234, ""}, RangeCase{"bytes=a-b", 1234, ""},
                    RangeCase{"bytes=0-9a", 1234, ""}, RangeCase{"bytes=0x0-9", 1234, ""},
                    RangeCase{"bytes=+0-9", 1234, ""}, RangeCase{"bytes=0 -9", 1234, ""},
                    RangeCase{"bytes=0- 9", 1234, ""}, RangeCase{"bytes=0-9 9", 1234, ""},
                    RangeCase{"bytes= 0-9", 1234, ""}, RangeCase{"bytes =0-9", 1234, ""},
                    RangeCase{"bytes:0-9", 1234, ""}, RangeCase{"byte=0-9", 1234, ""},
                    RangeCase{"items=0-9", 1234, ""}, RangeCase{"xbytes=0-9", 1234, ""},
                    RangeCase{"bytes=0-9;a", 1234, ""}, RangeCase{"bytes=0-9,20-29", 1234, ""},
                    RangeCase{"bytes=0-9,x", 1234, ""}, RangeCase{"bytes=,0-9,,-1", 1234, ""},
                    RangeCase{"bytes=a-", 0, ""}, RangeCase{"bytes=1-0", 0, ""}));

// Against a model that looks at every position of the file.
TEST(GeneratedRanges, AgreeWithAModel) {
  constexpr uint64_t kSeed = 3;
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 20'000; ++round) {
    const uint64_t size = random() % 40;
    const bool has_first = random() % 4 != 0;
    const bool has_last = !has_first || random() % 4 != 0;
    const uint64_t first = random() % 50;
    const uint64_t last = random() % 50;
    const std::string value = "bytes=" + (has_first ? std::to_string(first) : "") + "-" +
                              (has_last ? std::to_string(last) : "");
    uint64_t begin = size;
    uint64_t count = 0;
    for (uint64_t position = 0; position < size; ++position) {
      const bool wanted = has_first ? position >= first && (!has_last || position <= last)
                                    : size - position <= last;
      if (wanted) {
        begin = std::min(begin, position);
        ++count;
      }
    }
    const RangeChoice choice = choose_range(value, size);
    SCOPED_TRACE(testing::Message()
                 << "seed " << kSeed << ", round " << round << ": " << value << " of " << size);
    if (has_first && has_last && first > last) {
      ASSERT_EQ(choice.kind, RangeKind::kWhole);
    } else if (count == 0) {
      ASSERT_EQ(choice.kind, RangeKind::kUnsatisfiable);
    } else {
      ASSERT_EQ(choice.kind, RangeKind::kPartial);
      ASSERT_EQ(choice.range.first, begin);
      ASSERT_EQ(choice.range.length, count);
    }
  }
}

TEST(ContentRange, IsWholeOrNothing) {
  const RangeChoice choice{RangeKind::kPartial, {10, 5}};
  const std::string_view expected = "bytes 10-14/1234";
  for (size_t size = 0; size <= expected.size(); ++size) {
    std::string out(size, '#');
    EXPECT_EQ(write_content_range(choice, 1234, out), size == expected.size() ? size : 0);
    EXPECT_EQ(out, size == expected.size() ? expected : std::string(size, '#'));
  }
  char out[kContentRangeCapacity];
  EXPECT_EQ(write_content_range({RangeKind::kWhole, {0, 9}}, 9, out), 0u);
}

TEST(ContentRange, HasRoomForTheLongest) {
  const RangeChoice choice{RangeKind::kPartial, {kMax - 1, 1}};
  EXPECT_EQ(content_range(choice, kMax).size(), kContentRangeCapacity);
}

}  // namespace
}  // namespace sluice::http
