// The framing of multipart/byteranges: RFC 9110 §14.6, RFC 2046 §5.1.1.
#include "http/multipart.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

namespace sluice::http {
namespace {

constexpr uint64_t kMax = ~uint64_t{0};
constexpr std::string_view kBoundary = "0000000000001000000000000v";

using Room = std::array<char, multipart_capacity(kMaxRanges)>;

RangeSet set_of(const std::vector<ByteRange>& ranges) {
  RangeSet set;
  set.kind = RangeKind::kMultiple;
  set.count = static_cast<uint8_t>(ranges.size());
  std::ranges::copy(ranges, set.ranges.begin());
  return set;
}

TEST(MultipartBoundary, IsLettersAndDigitsOfTheRandomBits) {
  EXPECT_EQ(MultipartBoundary(0, 0).view(), std::string(26, '0'));
  EXPECT_EQ(MultipartBoundary(1, 31).view(), kBoundary);
  EXPECT_EQ(MultipartBoundary(kMax, kMax).view(), "fvvvvvvvvvvvvfvvvvvvvvvvvv");
  const MultipartBoundary boundary(0x0123456789abcdef, 0xfedcba9876543210);
  EXPECT_EQ(boundary.view().size(), MultipartBoundary::kLength);
  EXPECT_TRUE(std::ranges::all_of(boundary.view(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'v');
  })) << boundary.view();
}

TEST(MultipartBoundary, ShowsEveryBit) {
  std::set<std::string> boundaries;
  for (int bit = 0; bit < 64; ++bit) {
    boundaries.emplace(MultipartBoundary(uint64_t{1} << bit, 0).view());
    boundaries.emplace(MultipartBoundary(0, uint64_t{1} << bit).view());
  }
  EXPECT_EQ(boundaries.size(), 128u);
}

TEST(MultipartBoundary, IsInTheContentType) {
  EXPECT_EQ(MultipartBoundary(1, 31).content_type(),
            "multipart/byteranges; boundary=0000000000001000000000000v");
}

TEST(Multipart, FramesEachPart) {
  Room room;
  const auto framing =
      write_multipart(set_of({{0, 2}, {7, 3}}), 10, "text/plain", MultipartBoundary(1, 31), room);
  ASSERT_TRUE(framing);
  ASSERT_EQ(framing->part_count(), 2u);
  EXPECT_EQ(framing->part_head(0),
            "--0000000000001000000000000v\r\n"
            "Content-Type: text/plain\r\n"
            "Content-Range: bytes 0-1/10\r\n\r\n");
  EXPECT_EQ(framing->part_head(1),
            "\r\n--0000000000001000000000000v\r\n"
            "Content-Type: text/plain\r\n"
            "Content-Range: bytes 7-9/10\r\n\r\n");
  EXPECT_EQ(framing->end(), "\r\n--0000000000001000000000000v--\r\n");
}

TEST(Multipart, StatesNoTypeWhereThereIsNone) {
  Room room;
  const auto framing =
      write_multipart(set_of({{0, 1}, {2, 1}}), 3, "", MultipartBoundary(1, 31), room);
  ASSERT_TRUE(framing);
  EXPECT_EQ(framing->part_head(0),
            "--0000000000001000000000000v\r\nContent-Range: bytes 0-0/3\r\n\r\n");
}

TEST(Multipart, CountsTheBytesOfTheBody) {
  const std::string file = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ";
  std::vector<ByteRange> ranges;
  for (size_t count = 1; count <= kMaxRanges; ++count) {
    ranges.push_back({3 * (count - 1), 1 + count % 2});
    if (count < 2) {
      continue;
    }
    Room room;
    const auto framing = write_multipart(set_of(ranges), file.size(), "text/html; charset=utf-8",
                                         MultipartBoundary(kMax, count), room);
    ASSERT_TRUE(framing);
    ASSERT_EQ(framing->part_count(), count);
    std::string body;
    for (size_t i = 0; i < count; ++i) {
      body += framing->part_head(i);
      body += file.substr(ranges[i].first, ranges[i].length);
    }
    body += framing->end();
    EXPECT_EQ(framing->content_length(), body.size()) << count << " parts";
  }
}

TEST(Multipart, FillsItsCapacityAtTheMost) {
  const std::string type(kMaxPartTypeBytes, 't');
  const std::vector<ByteRange> ranges(kMaxRanges, ByteRange{kMax - 1, 1});
  std::vector<char> room(multipart_capacity(kMaxRanges));
  const auto framing =
      write_multipart(set_of(ranges), kMax, type, MultipartBoundary(kMax, kMax), room);
  ASSERT_TRUE(framing);
  // The first part has no line end in front.
  EXPECT_EQ(framing->content_length(), multipart_capacity(kMaxRanges) - 2 + kMaxRanges);
  EXPECT_EQ(framing->part_head(1).size(), kMaxPartHeadBytes);
  EXPECT_EQ(framing->end().size(), kMultipartEndBytes);
}

TEST(Multipart, IsNothingWithoutRoom) {
  const RangeSet set = set_of({{0, 2}, {7, 3}});
  const MultipartBoundary boundary(1, 31);
  Room room;
  const auto whole = write_multipart(set, 10, "text/plain", boundary, room);
  ASSERT_TRUE(whole);
  const size_t needed = whole->content_length() - 5;
  for (size_t size = 0; size <= needed + 1; ++size) {
    // Exactly that many bytes, so that a sanitizer sees one too many.
    std::vector<char> small(size);
    small.shrink_to_fit();
    EXPECT_EQ(write_multipart(set, 10, "text/plain", boundary, small).has_value(), size >= needed)
        << size;
  }
}

TEST(Multipart, IsNothingForATypeTooLong) {
  const RangeSet set = set_of({{0, 2}, {7, 3}});
  const MultipartBoundary boundary(1, 31);
  Room room;
  EXPECT_TRUE(write_multipart(set, 10, std::string(kMaxPartTypeBytes, 't'), boundary, room));
  EXPECT_FALSE(write_multipart(set, 10, std::string(kMaxPartTypeBytes + 1, 't'), boundary, room));
}

TEST(Multipart, IsNothingWhenItsLengthOverflows) {
  const MultipartBoundary boundary(1, 31);
  Room room;
  EXPECT_FALSE(
      write_multipart(set_of({{0, kMax - 10}, {kMax - 5, 5}}), kMax, "a/b", boundary, room));
  EXPECT_FALSE(
      write_multipart(set_of({{0, kMax - 1}, {1, kMax - 1}}), kMax, "a/b", boundary, room));
  const auto fits =
      write_multipart(set_of({{0, kMax - 1000}, {kMax - 5, 5}}), kMax, "a/b", boundary, room);
  ASSERT_TRUE(fits);
  EXPECT_EQ(fits->content_length(), kMax - 995 + fits->part_head(0).size() +
                                        fits->part_head(1).size() + fits->end().size());
}

}  // namespace
}  // namespace sluice::http
