// Entity tags and If-Range: RFC 9110 §8.8.3, §13.1.5.
#include "http/entity_tag.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>

namespace sluice::http {
namespace {

TEST(EntityTag, IsSizeAndTimeInHexadecimal) {
  EXPECT_EQ(make_entity_tag(0, 0, 0).view(), "\"0-0\"");
  EXPECT_EQ(make_entity_tag(0x18f, 0, 0x1234).view(), "\"18f-1234\"");
  EXPECT_EQ(make_entity_tag(399, 1'700'000'000, 123'456'789).view(), "\"18f-17979cfe3d85cd15\"");
}

TEST(EntityTag, HoldsTheLongest) {
  const EntityTag tag = make_entity_tag(std::numeric_limits<uint64_t>::max(), -1, 999'999'999);
  EXPECT_EQ(tag.view(), "\"ffffffffffffffff-ffffffffffffffff\"");
  EXPECT_EQ(tag.view().size(), EntityTag::kCapacity);
}

TEST(EntityTag, TellsStatesApart) {
  std::set<std::string> tags;
  size_t count = 0;
  for (const uint64_t size : {0ull, 1ull, 16ull, 1ull << 40}) {
    for (const int64_t seconds : {-1, 0, 1, 1'700'000'000, 2'000'000'000}) {
      for (const uint32_t nanoseconds : {0u, 1u, 999'999'999u}) {
        tags.emplace(make_entity_tag(size, seconds, nanoseconds).view());
        ++count;
      }
    }
  }
  EXPECT_EQ(tags.size(), count);
}

TEST(IfRange, ComparesTagsStrongly) {
  const EntityTag tag = make_entity_tag(399, 1, 0);
  ASSERT_EQ(tag.view(), "\"18f-3b9aca00\"");
  EXPECT_TRUE(if_range_matches("\"18f-3b9aca00\"", tag, 1));
  EXPECT_TRUE(if_range_matches(" \"18f-3b9aca00\"\t", tag, 1));
  for (const std::string_view other :
       {"W/\"18f-3b9aca00\"", "w/\"18f-3b9aca00\"", "18f-3b9aca00", "\"18F-3B9ACA00\"",
        "\"18f-3b9aca01\"", "\"18f-3b9aca00", "\"18f-3b9aca00\" x", "\"18f-3b9aca00\", \"a\"",
        "\"\"", "\"", "*", ""}) {
    EXPECT_FALSE(if_range_matches(other, tag, 1)) << other;
  }
}

TEST(IfRange, ComparesDatesExactly) {
  const EntityTag tag = make_entity_tag(1, 784111777, 5);
  EXPECT_TRUE(if_range_matches("Sun, 06 Nov 1994 08:49:37 GMT", tag, 784111777));
  for (const std::string_view other :
       {"Sun, 06 Nov 1994 08:49:38 GMT", "Sun, 06 Nov 1994 08:49:36 GMT",
        "Mon, 06 Nov 1994 08:49:37 GMT", "sun, 06 nov 1994 08:49:37 gmt",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 GMT x", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
    EXPECT_FALSE(if_range_matches(other, tag, 784111777)) << other;
  }
}

}  // namespace
}  // namespace sluice::http
