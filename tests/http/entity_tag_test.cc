// Entity tags, lists of them, and If-Range: RFC 9110 §8.8.3, §13.1.5.
#include "http/entity_tag.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>
#include <optional>
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
  EXPECT_EQ(with_coding(tag, Coding::kZstd).view(), "\"ffffffffffffffff-ffffffffffffffff-zst\"");
  EXPECT_EQ(with_coding(tag, Coding::kZstd).view().size(), EntityTag::kCapacity);
}

TEST(EntityTag, IsAHashInHexadecimal) {
  EXPECT_EQ(make_content_entity_tag(0, 0).view(), "\"00000000000000000000000000000000\"");
  EXPECT_EQ(make_content_entity_tag(0x0123456789abcdef, 0xfedcba9876543210).view(),
            "\"0123456789abcdeffedcba9876543210\"");
  EXPECT_EQ(make_content_entity_tag(0, 1).view(), "\"00000000000000000000000000000001\"");
  EXPECT_EQ(make_content_entity_tag(1, 0).view(), "\"00000000000000010000000000000000\"");
}

TEST(EntityTag, NamesTheCoding) {
  const EntityTag tag = make_entity_tag(0x18f, 0, 0x1234);
  EXPECT_EQ(with_coding(tag, Coding::kBrotli).view(), "\"18f-1234-br\"");
  EXPECT_EQ(with_coding(tag, Coding::kZstd).view(), "\"18f-1234-zst\"");
  EXPECT_EQ(with_coding(tag, Coding::kGzip).view(), "\"18f-1234-gz\"");
  EXPECT_EQ(with_coding(tag, Coding::kIdentity).view(), "\"18f-1234\"");
  EXPECT_EQ(with_coding(make_content_entity_tag(1, 2), Coding::kGzip).view(),
            "\"00000000000000010000000000000002-gz\"");
}

TEST(EntityTag, MayBeNone) {
  EXPECT_TRUE(EntityTag().empty());
  EXPECT_EQ(EntityTag().view(), "");
  EXPECT_TRUE(with_coding(EntityTag(), Coding::kBrotli).empty());
  EXPECT_FALSE(make_entity_tag(0, 0, 0).empty());
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

struct ListCase {
  std::string_view list;
  bool strong;
  bool weak;
};

TEST(EntityTagList, IsSearchedForAStrongTag) {
  for (const auto& [list, strong, weak] : std::initializer_list<ListCase>{
           {R"("a")", true, true},
           {"  \"a\"\t", true, true},
           {R"("x", "a")", true, true},
           {R"("x","a","y")", true, true},
           {"\"x\"\t,\t \"a\"", true, true},
           {R"("x" , "a" , "y")", true, true},
           {R"(,"a")", true, true},
           {R"( , ,, "x",, "a",)", true, true},
           {R"(W/"a")", false, true},
           {R"(W/"x", W/"a")", false, true},
           {R"(W/"a", "a")", true, true},
           {R"("", "a")", true, true},
           {R"("A")", false, false},
           {R"("aa")", false, false},
           {R"("")", false, false},
           {"", false, false},
           {" ", false, false},
           {",", false, false},
           {", ,", false, false},
           // Commas and what looks like tags inside of a tag.
           {R"(",", "a")", true, true},
           {R"("x,", "a")", true, true},
           {R"("x,a")", false, false},
           {R"("W/", "a")", true, true},
           {"\"\xc3\xa4\xff\", \"a\"", true, true},
           {R"("\", "a")", true, true},
           // What comes in front of a malformed element counts, what comes after does not.
           {R"("a", x)", true, true},
           {R"("a", ")", true, true},
           {R"(x, "a")", false, false},
           {R"(a)", false, false},
           {R"(*)", false, false},
           {R"(*, "a")", false, false},
           {R"("x" "a")", false, false},
           {R"("x"; "a")", false, false},
           {R"("x"y, "a")", false, false},
           {R"("a"x)", false, false},
           {R"("a" x)", false, false},
           {R"("a""x")", false, false},
           {R"("a)", false, false},
           {R"(a")", false, false},
           {R"(")", false, false},
           {R"("x y", "a")", false, false},
           {"\"x\ty\", \"a\"", false, false},
           {"\"x\x7f\", \"a\"", false, false},
           {"\"x\r\", \"a\"", false, false},
           {R"('a')", false, false},
           {R"(w/"a")", false, false},
           {R"(w/"x", "a")", false, false},
           {R"(W /"a")", false, false},
           {R"(W/ "a")", false, false},
           {R"(W"a")", false, false},
           {R"(/"a")", false, false},
           {R"(W/)", false, false},
           {R"(W/a)", false, false},
           {R"(W)", false, false},
           {R"(W/W/"a")", false, false}}) {
    EXPECT_EQ(list_matches(list, "\"a\"", TagComparison::kStrong), strong) << list;
    EXPECT_EQ(list_matches(list, "\"a\"", TagComparison::kWeak), weak) << list;
  }
}

// RFC 9110 §8.8.3.2, table 3.
TEST(EntityTagList, ComparesAsTheTableSays) {
  const auto strong = [](std::string_view a, std::string_view b) {
    return list_matches(a, b, TagComparison::kStrong);
  };
  const auto weak = [](std::string_view a, std::string_view b) {
    return list_matches(a, b, TagComparison::kWeak);
  };
  EXPECT_FALSE(strong(R"(W/"1")", R"(W/"1")"));
  EXPECT_TRUE(weak(R"(W/"1")", R"(W/"1")"));
  EXPECT_FALSE(strong(R"(W/"1")", R"(W/"2")"));
  EXPECT_FALSE(weak(R"(W/"1")", R"(W/"2")"));
  EXPECT_FALSE(strong(R"(W/"1")", R"("1")"));
  EXPECT_TRUE(weak(R"(W/"1")", R"("1")"));
  EXPECT_FALSE(strong(R"("1")", R"(W/"1")"));
  EXPECT_TRUE(weak(R"("1")", R"(W/"1")"));
  EXPECT_TRUE(strong(R"("1")", R"("1")"));
  EXPECT_TRUE(weak(R"("1")", R"("1")"));
}

TEST(EntityTagList, HasNoTagThatIsNone) {
  for (const std::string_view list : {"", "\"\"", "*", ",", "x"}) {
    EXPECT_FALSE(list_matches(list, "", TagComparison::kStrong)) << list;
    EXPECT_FALSE(list_matches(list, "", TagComparison::kWeak)) << list;
  }
  EXPECT_TRUE(list_matches("\"\"", "\"\"", TagComparison::kStrong));
}

TEST(EntityTagList, MayBeLong) {
  std::string list;
  for (int i = 0; i < 10'000; ++i) {
    list += "\"x\", ";
  }
  EXPECT_TRUE(list_matches(list + "\"a\"", "\"a\"", TagComparison::kStrong));
  EXPECT_FALSE(list_matches(list + "\"b\"", "\"a\"", TagComparison::kStrong));
  EXPECT_TRUE(list_matches(std::string(60'000, ',') + "\"a\"", "\"a\"", TagComparison::kStrong));
  EXPECT_FALSE(list_matches("\"" + std::string(60'000, 'a'), "\"a\"", TagComparison::kStrong));
}

TEST(IfRange, ComparesTagsStrongly) {
  const EntityTag made = make_entity_tag(399, 1, 0);
  const std::string_view tag = made.view();
  ASSERT_EQ(tag, "\"18f-3b9aca00\"");
  EXPECT_TRUE(if_range_matches("\"18f-3b9aca00\"", tag, 1));
  EXPECT_TRUE(if_range_matches(" \"18f-3b9aca00\"\t", tag, std::nullopt));
  for (const std::string_view other :
       {"W/\"18f-3b9aca00\"", "w/\"18f-3b9aca00\"", "18f-3b9aca00", "\"18F-3B9ACA00\"",
        "\"18f-3b9aca01\"", "\"18f-3b9aca00", "\"18f-3b9aca00\" x", "\"18f-3b9aca00\", \"a\"",
        "\"18f-3b9aca00-gz\"", "\"\"", "\"", "*", ""}) {
    EXPECT_FALSE(if_range_matches(other, tag, 1)) << other;
    EXPECT_FALSE(if_range_matches(other, "", std::nullopt)) << other;
  }
  EXPECT_FALSE(if_range_matches("W/\"a\"", "W/\"a\"", 1));
  EXPECT_FALSE(if_range_matches("\"a\"", "W/\"a\"", 1));
}

TEST(IfRange, ComparesDatesExactly) {
  constexpr int64_t kModified = 784'111'777;
  for (const std::string_view same :
       {"Sun, 06 Nov 1994 08:49:37 GMT", " Sun, 06 Nov 1994 08:49:37 GMT\t",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_TRUE(if_range_matches(same, "\"a\"", kModified)) << same;
    EXPECT_TRUE(if_range_matches(same, "", kModified)) << same;
    EXPECT_FALSE(if_range_matches(same, "\"a\"", std::nullopt)) << same;
    EXPECT_FALSE(if_range_matches(same, "\"a\"", kModified + 1)) << same;
    EXPECT_FALSE(if_range_matches(same, "\"a\"", kModified - 1)) << same;
  }
  for (const std::string_view other :
       {"Sun, 06 Nov 1994 08:49:38 GMT", "Sun, 06 Nov 1994 08:49:36 GMT",
        "sun, 06 nov 1994 08:49:37 gmt", "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 GMT x", "Fri, 31 Dec 9999 23:59:59 GMT",
        "Sunday, 06-Nov-95 08:49:37 GMT", "Sun Nov  6 08:49:37 2094", "784111777"}) {
    EXPECT_FALSE(if_range_matches(other, "\"a\"", kModified)) << other;
  }
}

// A date that cannot be read is no time that a file could have.
TEST(IfRange, IsNoMatchForNeitherTagNorDate) {
  for (const std::string_view value : {"", "x", "0", "Thu, 01 Jan 1970"}) {
    EXPECT_FALSE(if_range_matches(value, "", 0)) << value;
    EXPECT_FALSE(if_range_matches(value, "", std::nullopt)) << value;
  }
}

}  // namespace
}  // namespace sluice::http
