// Listings for people.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "files/listing.h"

namespace sluice {
namespace {

bool has(const std::string& page, std::string_view part) {
  return page.find(part) != std::string::npos;
}

size_t count(std::string_view text, std::string_view part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

// From the heading on: what depends on the input.
std::string body_of(const std::string& page) { return page.substr(page.find("<h1>")); }

std::string with(ListingEntry entry) {
  ListingPage page;
  page.entries.push_back(std::move(entry));
  return body_of(listing_html("/", {}, page));
}

TEST(ListingHtmlTest, IsACompleteDocumentThatLoadsNothing) {
  const std::string page = listing_html("/a/b/", {}, {});
  EXPECT_TRUE(page.starts_with("<!doctype html>\n<html lang=\"en\">\n"));
  EXPECT_TRUE(page.ends_with("</body>\n</html>\n"));
  EXPECT_TRUE(has(page, "<meta charset=\"utf-8\">"));
  EXPECT_TRUE(has(page, "<title>Index of /a/b/</title>"));
  EXPECT_LT(page.size(), 8192U);
  EXPECT_EQ(count(page, "<style>"), 1U);
  for (const std::string_view part :
       {"<script", " style=", "<link", "<img", "url(", "http:", "https:", " onclick"}) {
    EXPECT_FALSE(has(page, part)) << part;
  }
}

TEST(ListingHtmlTest, TheHeadingLeadsUp) {
  EXPECT_TRUE(has(listing_html("/", {}, {}), "<h1><a href=\"./\">Home</a></h1>"));
  EXPECT_TRUE(has(listing_html("/a/b/c/", {}, {}),
                  "<h1><a href=\"../../../\">Home</a>"
                  "<i>/</i><bdi><a href=\"../../\">a</a></bdi>"
                  "<i>/</i><bdi><a href=\"../\">b</a></bdi>"
                  "<i>/</i><bdi>c</bdi></h1>"));
}

TEST(ListingHtmlTest, ADeepPathIsNotQuadratic) {
  std::string path = "/";
  for (int i = 0; i < 2000; ++i) path += "a/";
  const std::string page = listing_html(path, {}, {});
  EXPECT_LT(page.size(), 3 * path.size() + 8192);
  EXPECT_TRUE(has(page, "Home</a><i>/</i>\u2026<i>/</i><bdi><a"));
}

TEST(ListingHtmlTest, TheWayUp) {
  EXPECT_FALSE(has(body_of(listing_html("/", {}, {})), "href=\"../\""));
  EXPECT_TRUE(has(body_of(listing_html("/a/", {}, {})),
                  "<a href=\"../\" aria-label=\"Parent directory\">"));
}

TEST(ListingHtmlTest, FilesAndDirectories) {
  const std::string file = with({"a", false, 1'572'864, 1'795'442'706, 0});
  EXPECT_TRUE(has(file,
                  "<tr><td><a href=\"a\"><svg aria-hidden=\"true\"><use "
                  "href=\"#f\"/></svg><bdi>a</bdi></a></td>"));
  EXPECT_TRUE(has(file, "<td title=\"1572864 bytes\">1.5 MiB</td>"));
  EXPECT_TRUE(
      has(file, "<time datetime=\"2026-11-23T14:05:06Z\">2026-11-23 14:05 UTC</time></td></tr>"));
  EXPECT_FALSE(has(file, "empty"));
  const std::string folder = with({"sub", true, 0, 0, 0});
  EXPECT_TRUE(
      has(folder,
          "<tr class=\"d\"><td><a href=\"sub/\"><svg aria-hidden=\"true\"><use href=\"#d\"/></svg>"
          "<bdi>sub/</bdi></a></td><td></td><td><time"));
}

TEST(ListingHtmlTest, SizesAreReadable) {
  const struct {
    uint64_t bytes;
    std::string_view text;
  } cases[] = {{0, "\"0 bytes\">0 B<"},
               {1, "\"1 byte\">1 B<"},
               {1023, ">1023 B<"},
               {1024, ">1.0 KiB<"},
               {1536, ">1.5 KiB<"},
               {99 * 1024, ">99.0 KiB<"},
               {102'348, ">99.9 KiB<"},
               {102'399, ">100 KiB<"},
               {1023 * 1024, ">1023 KiB<"},
               {1024 * 1024 - 1, ">1.0 MiB<"},
               {1024 * 1024, ">1.0 MiB<"},
               {5'000'000'000, ">4.7 GiB<"},
               {1'000'000'000'000'000, ">909 TiB<"},
               {UINT64_MAX, "\"18446744073709551615 bytes\">16.0 EiB<"}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_TRUE(has(with({"a", false, bytes, 0, 0}), text)) << bytes;
  }
}

TEST(ListingHtmlTest, TheHeadsOfColumnsSort) {
  const struct {
    ListingOrder order;
    std::string_view name;
    std::string_view size;
    std::string_view modified;
  } cases[] = {{{ListingSort::kName, false},
                "<th scope=\"col\" aria-sort=\"ascending\"><a href=\"?order=desc\">Name "
                "<span aria-hidden=\"true\">\u2191</span></a></th>",
                "<th scope=\"col\"><a href=\"?sort=size&amp;order=desc\">Size</a></th>",
                "<th scope=\"col\"><a href=\"?sort=modified&amp;order=desc\">Modified</a></th>"},
               {{ListingSort::kName, true},
                "<th scope=\"col\" aria-sort=\"descending\"><a href=\"./\">Name "
                "<span aria-hidden=\"true\">\u2193</span></a></th>",
                "<th scope=\"col\"><a href=\"?sort=size&amp;order=desc\">Size</a></th>",
                "<th scope=\"col\"><a href=\"?sort=modified&amp;order=desc\">Modified</a></th>"},
               {{ListingSort::kSize, true},
                "<th scope=\"col\"><a href=\"./\">Name</a></th>",
                "<th scope=\"col\" aria-sort=\"descending\"><a href=\"?sort=size\">Size "
                "<span aria-hidden=\"true\">\u2193</span></a></th>",
                "<th scope=\"col\"><a href=\"?sort=modified&amp;order=desc\">Modified</a></th>"},
               {{ListingSort::kModified, false},
                "<th scope=\"col\"><a href=\"./\">Name</a></th>",
                "<th scope=\"col\"><a href=\"?sort=size&amp;order=desc\">Size</a></th>",
                "<th scope=\"col\" aria-sort=\"ascending\">"
                "<a href=\"?sort=modified&amp;order=desc\">Modified "
                "<span aria-hidden=\"true\">\u2191</span></a></th>"}};
  for (const auto& [order, name, size, modified] : cases) {
    ListingQuery query;
    query.order = order;
    const std::string page = listing_html("/", query, {});
    EXPECT_TRUE(has(page, name)) << body_of(page);
    EXPECT_TRUE(has(page, size)) << body_of(page);
    EXPECT_TRUE(has(page, modified)) << body_of(page);
  }
}

TEST(ListingHtmlTest, PagesFollowOneAnother) {
  ListingQuery query;
  query.order.sort = ListingSort::kSize;
  ListingPage page;
  page.entries = {{"a", false, 5, 0, 0}};
  EXPECT_FALSE(has(listing_html("/", query, page), "<nav"));
  page.next = page.entries.back();
  std::string html = listing_html("/", query, page);
  EXPECT_TRUE(has(html, "<a rel=\"next\" href=\"?sort=size&amp;after=a&amp;key=5\">Next page</a>"));
  EXPECT_FALSE(has(html, "First page"));
  query.after = ListingEntry{"0", false, 1, 0, 0};
  html = listing_html("/", query, page);
  EXPECT_TRUE(has(html, "<a href=\"?sort=size\">First page</a>"));
  EXPECT_TRUE(has(html, "Next page"));
  page.next.reset();
  html = listing_html("/", query, page);
  EXPECT_TRUE(has(html, "First page"));
  EXPECT_FALSE(has(html, "Next page"));
}

TEST(ListingHtmlTest, SaysThatThereIsNothing) {
  EXPECT_TRUE(has(listing_html("/a/", {}, {}), "<p>This directory is empty.</p>"));
  ListingQuery query;
  query.after = ListingEntry{"z", false, 0, 0, 0};
  EXPECT_TRUE(has(listing_html("/a/", query, {}), "<p>There is nothing more.</p>"));
}

TEST(ListingHtmlTest, NamesCannotBecomeMarkup) {
  const struct {
    std::string name;
    std::string_view href;
    std::string_view text;
  } cases[] = {{"<script>alert(1)<\\script>", "%3Cscript%3Ealert(1)%3C%5Cscript%3E",
                "&lt;script&gt;alert(1)&lt;\\script&gt;"},
               {"\"onmouseover=\"x", "%22onmouseover=%22x", "&quot;onmouseover=&quot;x"},
               {"a'b", "a%27b", "a&#39;b"},
               {"a&lt;b", "a&amp;lt;b", "a&amp;lt;b"},
               {"javascript:x", "./javascript:x", "javascript:x"},
               {"\\\\host", "%5C%5Chost", "\\\\host"},
               {"a\nb", "a%0Ab", "a\u240ab"},
               {"a\xff", "a%FF", "a\ufffd"},
               {" a  b ", "%20a%20%20b%20", " a  b "}};
  for (const auto& [name, href, text] : cases) {
    const std::string page = with({name, false, 0, 0, 0});
    EXPECT_TRUE(has(page, "<a href=\"" + std::string(href) + "\"><svg ")) << page;
    EXPECT_TRUE(has(page, "<bdi>" + std::string(text) + "</bdi>")) << page;
  }
}

TEST(ListingHtmlTest, PathsCannotBecomeMarkup) {
  const std::string page = listing_html("/</title><script>/\"\xff/", {}, {});
  EXPECT_FALSE(has(page, "<script"));
  EXPECT_TRUE(has(page, "<title>Index of /&lt;/title&gt;&lt;script&gt;/&quot;\ufffd/</title>"));
  EXPECT_TRUE(has(page, "<a href=\"../\">title&gt;&lt;script&gt;</a>"));
  EXPECT_TRUE(has(page, "<bdi>&quot;\ufffd</bdi></h1>"));
}

}  // namespace
}  // namespace sluice
