// Which page of a listing is wanted, and how a reference says so: RFC 3986 §3.4, §4.2.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "files/listing.h"
#include "support/random.h"

namespace sluice {
namespace {

using testing_support::Random;

TEST(ListingQueryTest, NothingAsksForTheFirstPageByName) {
  for (const std::string_view query : {"", "?", "?&&", "?C=M&O=A", "?sort", "?after", "?key=x",
                                       "?%zz=1&x=%", "?Sort=what", "?page_size=5"}) {
    SCOPED_TRACE(query);
    const auto parsed = parse_listing_query(query);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->order.sort, ListingSort::kName);
    EXPECT_FALSE(parsed->order.descending);
    EXPECT_FALSE(parsed->after);
    EXPECT_EQ(parsed->page_size, 1000U);
  }
}

TEST(ListingQueryTest, Orders) {
  const struct {
    std::string_view query;
    ListingSort sort;
    bool descending;
  } cases[] = {{"?sort=name", ListingSort::kName, false},
               {"?sort=size&order=asc", ListingSort::kSize, false},
               {"?order=desc&sort=modified", ListingSort::kModified, true},
               {"?order=desc", ListingSort::kName, true},
               {"?sort=s%69ze", ListingSort::kSize, false},
               {"?sort=name&sort=size", ListingSort::kSize, false}};
  for (const auto& [query, sort, descending] : cases) {
    SCOPED_TRACE(query);
    const auto parsed = parse_listing_query(query);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->order.sort, sort);
    EXPECT_EQ(parsed->order.descending, descending);
  }
}

TEST(ListingQueryTest, Cursors) {
  auto parsed = parse_listing_query("?after=a+b%2B%26%3D%ff&key=ignored");
  ASSERT_TRUE(parsed && parsed->after);
  EXPECT_EQ(parsed->after->name, "a+b+&=\xff");
  EXPECT_FALSE(parsed->after->is_directory);

  parsed = parse_listing_query("?after=sub%2F");
  ASSERT_TRUE(parsed && parsed->after);
  EXPECT_EQ(parsed->after->name, "sub");
  EXPECT_TRUE(parsed->after->is_directory);

  parsed = parse_listing_query("?sort=size&after=a&key=18446744073709551615");
  ASSERT_TRUE(parsed && parsed->after);
  EXPECT_EQ(parsed->after->size_bytes, UINT64_MAX);

  parsed = parse_listing_query("?sort=modified&after=a&key=-9223372036854775808.999999999");
  ASSERT_TRUE(parsed && parsed->after);
  EXPECT_EQ(parsed->after->modified_seconds, INT64_MIN);
  EXPECT_EQ(parsed->after->modified_nanoseconds, 999'999'999U);
}

TEST(ListingQueryTest, MalformedValues) {
  for (const std::string_view query :
       {"?sort=",
        "?sort=Name",
        "?sort=date",
        "?sort=name%00",
        "?order=",
        "?order=up",
        "?sort=%zz",
        "?order=%4",
        "?after=",
        "?after=%2F",
        "?after=a%2Fb",
        "?after=a%2F%2F",
        "?after=a%00",
        "?after=%",
        "?key=%g0",
        "?sort=size&after=a",
        "?sort=size&after=a&key=",
        "?sort=size&after=a&key=-1",
        "?sort=size&after=a&key=+1",
        "?sort=size&after=a&key=1.0",
        "?sort=size&after=a&key=18446744073709551616",
        "?sort=size&after=a&key=0x10",
        "?sort=modified&after=a",
        "?sort=modified&after=a&key=1",
        "?sort=modified&after=a&key=1.",
        "?sort=modified&after=a&key=.000000000",
        "?sort=modified&after=a&key=1.00000000",
        "?sort=modified&after=a&key=1.0000000000",
        "?sort=modified&after=a&key=1.00000000x",
        "?sort=modified&after=a&key=1.-00000000",
        "?sort=modified&after=a&key=9223372036854775808.000000000"}) {
    const auto parsed = parse_listing_query(query);
    ASSERT_FALSE(parsed) << query;
    EXPECT_EQ(parsed.error(), 400) << query;
  }
}

TEST(ListingReferenceTest, IsAsShortAsItCanBe) {
  EXPECT_EQ(listing_reference({}, nullptr), "./");
  EXPECT_EQ(listing_reference({ListingSort::kName, true}, nullptr), "?order=desc");
  EXPECT_EQ(listing_reference({ListingSort::kSize, false}, nullptr), "?sort=size");
  const ListingEntry entry{"a b&", true, 7, -3, 45};
  EXPECT_EQ(listing_reference({}, &entry), "?after=a%20b%26%2F");
  EXPECT_EQ(listing_reference({ListingSort::kSize, false}, &entry),
            "?sort=size&after=a%20b%26%2F&key=7");
  EXPECT_EQ(listing_reference({ListingSort::kModified, true}, &entry),
            "?sort=modified&order=desc&after=a%20b%26%2F&key=-3.000000045");
}

TEST(ListingReferenceTest, IsReadAsItWasMeant) {
  constexpr uint64_t kSeed = 3;
  Random random(kSeed);
  for (int round = 0; round < 500; ++round) {
    SCOPED_TRACE(round);
    ListingEntry entry;
    for (uint64_t length = random.between(1, 20); length > 0; --length) {
      const char c = static_cast<char>(random.between(1, 255));
      entry.name += c == '/' ? '_' : c;
    }
    entry.is_directory = random.chance(0.5);
    entry.size_bytes = random.next();
    entry.modified_seconds = static_cast<int64_t>(random.next());
    entry.modified_nanoseconds = static_cast<uint32_t>(random.below(1'000'000'000));
    const ListingOrder order{
        random.pick({ListingSort::kName, ListingSort::kSize, ListingSort::kModified}),
        random.chance(0.5)};
    const auto parsed = parse_listing_query(listing_reference(order, &entry));
    ASSERT_TRUE(parsed && parsed->after);
    EXPECT_EQ(parsed->order.sort, order.sort);
    EXPECT_EQ(parsed->order.descending, order.descending);
    // Neither comes before the other: it is the same place.
    EXPECT_EQ(parsed->after->name, entry.name);
    EXPECT_FALSE(order.precedes(entry, *parsed->after));
    EXPECT_FALSE(order.precedes(*parsed->after, entry));
  }
}

TEST(EntryReferenceTest, NamesTheEntryAndNothingElse) {
  const struct {
    std::string name;
    std::string_view reference;
  } cases[] = {{"a", "a"},
               {"a b", "a%20b"},
               {"javascript:x", "./javascript:x"},
               {"a:b/", "./a:b/"},
               {"sub/", "sub/"},
               {"...", "..."},
               {"%2e%2e", "%252e%252e"},
               {"\\\\host\\x", "%5C%5Chost%5Cx"},
               {"?a#b", "%3Fa%23b"},
               {"\n\t\x7f", "%0A%09%7F"},
               {"\xc3\xa9\xff", "%C3%A9%FF"},
               {"\"'<>`", "%22%27%3C%3E%60"},
               {"&amp;", "&amp;"}};
  for (const auto& [name, reference] : cases) {
    ListingEntry entry{name, name.ends_with('/'), 0, 0, 0};
    if (entry.is_directory) entry.name.pop_back();
    EXPECT_EQ(entry_reference(entry), reference);
  }
}

}  // namespace
}  // namespace sluice
