// Ranges of bytes, one by one: RFC 9110 §14.1.2, §14.2, §14.4.
#include "http/range.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::http {
namespace {

constexpr uint64_t kMax = ~uint64_t{0};

// What was chosen: "whole", "none", or "0-99 200-299".
std::string describe(const RangeSet& set) {
  switch (set.kind) {
    case RangeKind::kWhole:
      EXPECT_EQ(set.count, 0);
      return "whole";
    case RangeKind::kUnsatisfiable:
      EXPECT_EQ(set.count, 0);
      return "none";
    case RangeKind::kSingle:
      EXPECT_EQ(set.count, 1);
      break;
    case RangeKind::kMultiple:
      EXPECT_GE(set.count, 2);
      EXPECT_LE(set.count, kMaxRanges);
      break;
  }
  std::string text;
  for (const ByteRange& range : set.chosen()) {
    text += text.empty() ? "" : " ";
    text += std::to_string(range.first) + "-" + std::to_string(range.first + range.length - 1);
  }
  return text;
}

// "bytes=0-0,2-2,...": `count` ranges of one byte, a byte apart.
std::string ranges_apart(size_t count) {
  std::string value = "bytes=";
  for (size_t i = 0; i < count; ++i) {
    value += (i == 0 ? "" : ",") + std::to_string(2 * i) + "-" + std::to_string(2 * i);
  }
  return value;
}

struct RangeCase {
  std::string_view value;
  uint64_t size;
  std::string_view chosen;
};

class RangeTest : public testing::TestWithParam<RangeCase> {};

TEST_P(RangeTest, IsChosen) {
  const auto& [value, size, chosen] = GetParam();
  EXPECT_EQ(describe(choose_ranges(value, size)), chosen) << value << " of " << size;
}

INSTANTIATE_TEST_SUITE_P(
    Single, RangeTest,
    testing::Values(
        RangeCase{"bytes=0-99", 1234, "0-99"}, RangeCase{"bytes=0-0", 1234, "0-0"},
        RangeCase{"bytes=1233-1233", 1234, "1233-1233"},
        RangeCase{"bytes=1000-5000", 1234, "1000-1233"}, RangeCase{"bytes=0-", 1234, "0-1233"},
        RangeCase{"bytes=0-1233", 1234, "0-1233"}, RangeCase{"bytes=0-1234", 1234, "0-1233"},
        RangeCase{"bytes=1233-", 1234, "1233-1233"}, RangeCase{"bytes=-1", 1234, "1233-1233"},
        RangeCase{"bytes=-1233", 1234, "1-1233"}, RangeCase{"bytes=-1234", 1234, "0-1233"},
        RangeCase{"bytes=-5000", 1234, "0-1233"}, RangeCase{"bytes=000-0099", 1234, "0-99"},
        RangeCase{"bytes=-0001", 1234, "1233-1233"},
        RangeCase{"bytes=00000000000000000000000000007-8", 1234, "7-8"},
        RangeCase{"bytes=0-", 1, "0-0"}, RangeCase{"bytes=-1", 1, "0-0"},
        RangeCase{"BYTES=0-99", 1234, "0-99"}, RangeCase{"Bytes=0-99", 1234, "0-99"},
        RangeCase{" bytes=0-99\t", 1234, "0-99"}, RangeCase{"bytes=0-99,", 1234, "0-99"},
        RangeCase{"bytes=0-99 , ", 1234, "0-99"}, RangeCase{"bytes=, 0-99", 1234, "0-99"},
        RangeCase{"bytes=,0-1,", 1234, "0-1"}, RangeCase{"bytes=,\t,0-99,,", 1234, "0-99"},
        RangeCase{"bytes= ,0-99", 1234, "0-99"}));

INSTANTIATE_TEST_SUITE_P(
    Wide, RangeTest,
    testing::Values(RangeCase{"bytes=0-18446744073709551615", 10, "0-9"},
                    RangeCase{"bytes=0-18446744073709551616", 10, "0-9"},
                    RangeCase{"bytes=0-99999999999999999999999999999", 10, "0-9"},
                    RangeCase{"bytes=-99999999999999999999999999999", 10, "0-9"},
                    RangeCase{"bytes=18446744073709551616-", 10, "none"},
                    RangeCase{"bytes=99999999999999999999999999999-", 10, "none"},
                    // Both positions saturate, so the second is no longer seen to be the lower one.
                    RangeCase{"bytes=99999999999999999999-88888888888888888888", 10, "none"},
                    RangeCase{"bytes=18446744073709551615-", kMax, "none"},
                    RangeCase{"bytes=18446744073709551614-", kMax,
                              "18446744073709551614-18446744073709551614"},
                    RangeCase{"bytes=-1", kMax, "18446744073709551614-18446744073709551614"},
                    RangeCase{"bytes=0-", kMax, "0-18446744073709551614"},
                    RangeCase{"bytes=0-18446744073709551613,-1", kMax, "0-18446744073709551614"},
                    RangeCase{"bytes=0-18446744073709551613,-2", kMax, "whole"},
                    RangeCase{"bytes=0-,0-", kMax, "whole"},
                    RangeCase{"bytes=5000000000-5000000001", 6000000000, "5000000000-5000000001"}));

INSTANTIATE_TEST_SUITE_P(
    Unsatisfiable, RangeTest,
    testing::Values(RangeCase{"bytes=1234-", 1234, "none"},
                    RangeCase{"bytes=1234-1234", 1234, "none"},
                    RangeCase{"bytes=9999-99999", 1234, "none"},
                    RangeCase{"bytes=-0", 1234, "none"}, RangeCase{"bytes=-000", 1234, "none"},
                    RangeCase{"bytes=0-", 0, "none"}, RangeCase{"bytes=0-0", 0, "none"},
                    RangeCase{"bytes=-1", 0, "none"}, RangeCase{"bytes=-0", 0, "none"},
                    RangeCase{"bytes=-0,-0", 1234, "none"},
                    RangeCase{"bytes=1234-,2000-3000,-0", 1234, "none"},
                    RangeCase{"bytes=0-,0-,0-0,-5", 0, "none"}));

INSTANTIATE_TEST_SUITE_P(
    Malformed, RangeTest,
    testing::Values(
        RangeCase{"", 1234, "whole"}, RangeCase{"bytes", 1234, "whole"},
        RangeCase{"bytes=", 1234, "whole"}, RangeCase{"bytes=,", 1234, "whole"},
        RangeCase{"bytes=, ,\t,", 1234, "whole"}, RangeCase{"bytes=-", 1234, "whole"},
        RangeCase{"bytes=--1", 1234, "whole"}, RangeCase{"bytes=1", 1234, "whole"},
        RangeCase{"bytes=1-0", 1234, "whole"}, RangeCase{"bytes=9999-9998", 1234, "whole"},
        RangeCase{"bytes=0-9-", 1234, "whole"}, RangeCase{"bytes=0--9", 1234, "whole"},
        RangeCase{"bytes=a-b", 1234, "whole"}, RangeCase{"bytes=0-9a", 1234, "whole"},
        RangeCase{"bytes=0x0-9", 1234, "whole"}, RangeCase{"bytes=+0-9", 1234, "whole"},
        RangeCase{"bytes=0 -9", 1234, "whole"}, RangeCase{"bytes=0- 9", 1234, "whole"},
        RangeCase{"bytes=0\t-9", 1234, "whole"}, RangeCase{"bytes=0-9 9", 1234, "whole"},
        RangeCase{"bytes=- 9", 1234, "whole"}, RangeCase{"bytes= 0-9", 1234, "whole"},
        RangeCase{"bytes=\t0-9", 1234, "whole"}, RangeCase{"bytes =0-9", 1234, "whole"},
        RangeCase{"bytes:0-9", 1234, "whole"}, RangeCase{"byte=0-9", 1234, "whole"},
        RangeCase{"items=0-9", 1234, "whole"}, RangeCase{"xbytes=0-9", 1234, "whole"},
        RangeCase{"bytes=bytes=0-9", 1234, "whole"}, RangeCase{"bytes=0-9;a", 1234, "whole"},
        RangeCase{"bytes=0-9;20-29", 1234, "whole"}, RangeCase{"bytes=0-9 20-29", 1234, "whole"},
        RangeCase{"bytes=0-9,x", 1234, "whole"}, RangeCase{"bytes=x,0-9", 1234, "whole"},
        RangeCase{"bytes=0-9,5", 1234, "whole"}, RangeCase{"bytes=0-9,-", 1234, "whole"},
        RangeCase{"bytes=0-9,9-8", 1234, "whole"},
        RangeCase{"bytes=0-9,bytes=20-29", 1234, "whole"},
        RangeCase{"bytes=9999-,x", 1234, "whole"}, RangeCase{"bytes=0-9\r,20-29", 1234, "whole"},
        RangeCase{std::string_view("bytes=0-9\0", 10), 1234, "whole"},
        RangeCase{"bytes=\xb2-9", 1234, "whole"}, RangeCase{"bytes=a-", 0, "whole"},
        RangeCase{"bytes=1-0", 0, "whole"}));

INSTANTIATE_TEST_SUITE_P(
    Several, RangeTest,
    testing::Values(RangeCase{"bytes=0-0,-1", 1234, "0-0 1233-1233"},
                    RangeCase{"bytes=0-9,20-29", 1234, "0-9 20-29"},
                    RangeCase{"bytes=0-9, 20-29", 1234, "0-9 20-29"},
                    RangeCase{"bytes=0-9 ,\t 20-29", 1234, "0-9 20-29"},
                    RangeCase{",bytes=0-9,20-29", 1234, "whole"},
                    RangeCase{"bytes=,0-9,,20-29,", 1234, "0-9 20-29"},
                    RangeCase{"bytes=0-4,6-9,1000-", 1234, "0-4 6-9 1000-1233"},
                    RangeCase{"bytes=500-599,0-9", 1234, "500-599 0-9"},
                    RangeCase{"bytes=-1,0-0", 1234, "1233-1233 0-0"},
                    RangeCase{"bytes=30-39,20-29,10-18", 1234, "20-39 10-18"},
                    RangeCase{"bytes=9-9,7-7,5-5,3-3,1-1", 10, "9-9 7-7 5-5 3-3 1-1"},
                    // The unsatisfiable ones are as if they were not there.
                    RangeCase{"bytes=0-9,5000-", 1234, "0-9"},
                    RangeCase{"bytes=5000-6000,0-9,-0,20-29", 1234, "0-9 20-29"}));

INSTANTIATE_TEST_SUITE_P(
    Coalesced, RangeTest,
    testing::Values(
        RangeCase{"bytes=0-9,0-9", 1234, "0-9"}, RangeCase{"bytes=0-9,10-19", 1234, "0-19"},
        RangeCase{"bytes=10-19,0-9", 1234, "0-19"}, RangeCase{"bytes=0-9,5-14", 1234, "0-14"},
        RangeCase{"bytes=5-14,0-9", 1234, "0-14"}, RangeCase{"bytes=0-99,20-29", 1234, "0-99"},
        RangeCase{"bytes=20-29,0-99", 1234, "0-99"},
        RangeCase{"bytes=0-9,11-19", 1234, "0-9 11-19"},
        RangeCase{"bytes=11-19,0-9", 1234, "11-19 0-9"},
        RangeCase{"bytes=1000-,-10", 1234, "1000-1233"},
        RangeCase{"bytes=0-616,617-", 1234, "0-1233"},
        // The last one joins the first two, at the place of the first.
        RangeCase{"bytes=20-29,0-9,50-59,10-19", 1234, "0-29 50-59"},
        RangeCase{"bytes=50-59,20-29,0-9,10-19", 1234, "50-59 0-29"},
        RangeCase{"bytes=0-9,50-59,20-29,70-79,5-75", 1234, "0-79"},
        RangeCase{"bytes=50-59,0-9,20-29,10-10,60-60", 1234, "50-60 0-10 20-29"}));

INSTANTIATE_TEST_SUITE_P(MoreThanTheFile, RangeTest,
                         testing::Values(RangeCase{"bytes=0-99,0-0", 100, "whole"},
                                         RangeCase{"bytes=0-49,50-99", 100, "0-99"},
                                         RangeCase{"bytes=0-49,50-99,0-0", 100, "whole"},
                                         RangeCase{"bytes=0-49,49-99", 100, "whole"},
                                         RangeCase{"bytes=0-,-1", 100, "whole"},
                                         // Clamped first: what the file has not does not count.
                                         RangeCase{"bytes=0-49,50-9999", 100, "0-99"},
                                         RangeCase{"bytes=0-98,99-9999,500-9999", 100, "0-99"},
                                         RangeCase{"bytes=-5000,200-", 100, "0-99"},
                                         RangeCase{"bytes=0-0,0-0", 1, "whole"}));

TEST(RangeLimit, IsSixteenRanges) {
  EXPECT_EQ(choose_ranges(ranges_apart(16), 1234).count, 16);
  EXPECT_EQ(describe(choose_ranges(ranges_apart(17), 1234)), "whole");
  // After coalescing: the byte between the first two makes one of them.
  EXPECT_EQ(choose_ranges(ranges_apart(17) + ",1-1", 1234).count, 16);
  EXPECT_EQ(describe(choose_ranges(ranges_apart(17) + ",1-1,100-100", 1234)), "whole");
  EXPECT_EQ(describe(choose_ranges(ranges_apart(17) + ",0-32", 1234)), "0-32");
  EXPECT_EQ(describe(choose_ranges(ranges_apart(16) + ",5000-", 1234)).substr(0, 7), "0-0 2-2");
}

TEST(RangeLimit, IsOneHundredAndTwentyEightRangesOnTheWay) {
  EXPECT_EQ(describe(choose_ranges(ranges_apart(128) + ",0-254", 1234)), "0-254");
  EXPECT_EQ(describe(choose_ranges(ranges_apart(129) + ",0-256", 1234)), "whole");
  // With all places taken one that meets another still has its place.
  EXPECT_EQ(describe(choose_ranges(ranges_apart(128) + ",255-255,0-255", 1234)), "0-255");
}

TEST(RangeLimit, IsNotTheNumberOfOverlappingRanges) {
  std::string value = "bytes=";
  for (int i = 0; i < 200; ++i) {
    value += "0-99,";
  }
  EXPECT_EQ(describe(choose_ranges(value, 20'000)), "0-99");
  EXPECT_EQ(describe(choose_ranges(value, 19'999)), "whole");
  EXPECT_EQ(describe(choose_ranges(value + "500-599", 20'100)), "0-99 500-599");
}

TEST(RangeLimit, IsNotTheLengthOfTheValue) {
  std::string commas = "bytes=" + std::string(60'000, ',');
  EXPECT_EQ(describe(choose_ranges(commas, 1234)), "whole");
  EXPECT_EQ(describe(choose_ranges(commas + "7-8", 1234)), "7-8");
  EXPECT_EQ(describe(choose_ranges("bytes=0-" + std::string(60'000, '9'), 1234)), "0-1233");
  EXPECT_EQ(describe(choose_ranges("bytes=" + std::string(60'000, '0') + "-0", 1234)), "0-0");
  std::string steps = "bytes=0-0";
  for (int i = 1; i < 8'000; ++i) {
    steps += "," + std::to_string(i) + "-" + std::to_string(i);
  }
  EXPECT_EQ(describe(choose_ranges(steps, 8'000)), "0-7999");
}

TEST(ContentRange, NamesFirstLastAndSize) {
  char out[kContentRangeCapacity];
  const auto written = [&out](ByteRange range, uint64_t size) {
    return std::string(out, write_content_range(range, size, out));
  };
  EXPECT_EQ(written({0, 100}, 1234), "bytes 0-99/1234");
  EXPECT_EQ(written({0, 1}, 1), "bytes 0-0/1");
  EXPECT_EQ(written({1233, 1}, 1234), "bytes 1233-1233/1234");
  EXPECT_EQ(written({kMax - 1, 1}, kMax),
            "bytes 18446744073709551614-18446744073709551614/18446744073709551615");
  EXPECT_EQ(written({kMax - 1, 1}, kMax).size(), kContentRangeCapacity);
}

TEST(ContentRange, NamesTheSizeAlone) {
  char out[kContentRangeCapacity];
  EXPECT_EQ(std::string(out, write_unsatisfied_range(1234, out)), "bytes */1234");
  EXPECT_EQ(std::string(out, write_unsatisfied_range(0, out)), "bytes */0");
  EXPECT_EQ(std::string(out, write_unsatisfied_range(kMax, out)), "bytes */18446744073709551615");
}

TEST(ContentRange, IsWholeOrNothing) {
  const std::string_view range = "bytes 10-14/1234";
  const std::string_view unsatisfied = "bytes */1234";
  for (size_t size = 0; size <= range.size(); ++size) {
    std::string out(size, '#');
    EXPECT_EQ(write_content_range({10, 5}, 1234, out), size == range.size() ? size : 0);
    EXPECT_EQ(out, size == range.size() ? range : std::string(size, '#'));
  }
  for (size_t size = 0; size <= unsatisfied.size(); ++size) {
    std::string out(size, '#');
    EXPECT_EQ(write_unsatisfied_range(1234, out), size == unsatisfied.size() ? size : 0);
    EXPECT_EQ(out, size == unsatisfied.size() ? unsatisfied : std::string(size, '#'));
  }
}

}  // namespace
}  // namespace sluice::http
