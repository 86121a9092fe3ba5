// Listings for programs.
#include <gtest/gtest.h>

#include <string>

#include "files/iso_date.h"
#include "files/listing.h"

namespace sluice {
namespace {

TEST(ListingJsonTest, AnEmptyDirectory) {
  EXPECT_EQ(listing_json("/", {}, {}), "{\"path\":\"/\",\"entries\":[\n]}\n");
}

TEST(ListingJsonTest, Entries) {
  ListingPage page;
  page.entries = {{"sub", true, 0, 0, 0}, {"a", false, 1, 1'795'442'706, 999'999'999}};
  EXPECT_EQ(listing_json("/dir/", page, {}),
            "{\"path\":\"/dir/\",\"entries\":[\n"
            R"({"name":"sub","href":"sub/","type":"directory","modified":"1970-01-01T00:00:00Z"},)"
            "\n"
            R"({"name":"a","href":"a","type":"file","size":1,"modified":"2026-11-23T14:05:06Z"})"
            "\n]}\n");
}

TEST(ListingJsonTest, TheNextPage) {
  ListingPage page;
  page.next = ListingEntry{"a&b", false, 5, 0, 0};
  EXPECT_EQ(listing_json("/", page, {ListingSort::kSize, true}),
            "{\"path\":\"/\",\"entries\":[\n],"
            "\"next\":\"?sort=size&order=desc&after=a%26b&key=5\"}\n");
}

// Whatever the names are: valid UTF-8, every quotation mark inside escaped, nothing below a blank
// but the line ends between the entries.
TEST(ListingJsonTest, NamesOfAnyBytes) {
  ListingPage page;
  for (int c = 1; c < 256; ++c) {
    if (c != '/') page.entries.push_back({std::string{'n', static_cast<char>(c)}, false, 0, 0, 0});
  }
  const std::string json = listing_json("/\xff\"\\\n/", page, {});
  EXPECT_TRUE(json.starts_with("{\"path\":\"/\ufffd\\\"\\\\\\n/\",")) << json.substr(0, 40);
  size_t quotes = 0;
  size_t lines = 0;
  for (size_t i = 0; i < json.size(); ++i) {
    const auto byte = static_cast<unsigned char>(json[i]);
    if (json[i] == '\\') {
      ++i;
    } else if (json[i] == '"') {
      ++quotes;
    } else if (json[i] == '\n') {
      ++lines;
    } else {
      EXPECT_GE(byte, 0x20);
    }
  }
  // Five members an entry, of which the size is a number; a line each, and two around them.
  EXPECT_EQ(quotes, page.entries.size() * 18 + 6);
  EXPECT_EQ(lines, page.entries.size() + 2);
  EXPECT_NE(json.find(R"({"name":"n\"","href":"n%22")"), std::string::npos);
  EXPECT_NE(json.find("{\"name\":\"n\ufffd\",\"href\":\"n%FF\""), std::string::npos);
}

TEST(IsoDateTest, Dates) {
  const struct {
    int64_t seconds;
    std::string_view text;
  } cases[] = {{0, "1970-01-01T00:00:00Z"},
               {-1, "1969-12-31T23:59:59Z"},
               {951'782'400, "2000-02-29T00:00:00Z"},
               {1'795'442'706, "2026-11-23T14:05:06Z"},
               {253'402'300'799, "9999-12-31T23:59:59Z"},
               {253'402'300'800, "9999-12-31T23:59:59Z"},
               {INT64_MAX, "9999-12-31T23:59:59Z"},
               {-62'167'219'200, "0000-01-01T00:00:00Z"},
               {-62'167'219'201, "0000-01-01T00:00:00Z"},
               {INT64_MIN, "0000-01-01T00:00:00Z"}};
  for (const auto& [seconds, text] : cases) EXPECT_EQ(IsoDate(seconds).view(), text) << seconds;
  const IsoDate date(1'795'442'706);
  EXPECT_EQ(date.date(), "2026-11-23");
  EXPECT_EQ(date.hours_minutes(), "14:05");
}

}  // namespace
}  // namespace sluice
