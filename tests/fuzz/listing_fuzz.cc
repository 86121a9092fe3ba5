// parse_listing_query(), listing_html() and listing_json(). Input: a query; the name of the
// directory; the name of an entry a line, with '/' behind that of a directory.
#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "files/listing.h"
#include "fuzz/fuzz_input.h"
#include "fuzz/json_checker.h"
#include "http/characters.h"

namespace sluice::fuzz {
namespace {

bool same_entry(const ListingEntry& a, const ListingEntry& b, ListingSort sort) {
  const bool same_size = sort != ListingSort::kSize || a.size_bytes == b.size_bytes;
  const bool same_time =
      sort != ListingSort::kModified || (a.modified_seconds == b.modified_seconds &&
                                         a.modified_nanoseconds == b.modified_nanoseconds);
  return a.name == b.name && a.is_directory == b.is_directory && same_size && same_time;
}

// What is made of a query leads back to it.
void check_query(const ListingQuery& query) {
  const ListingEntry* const after = query.after ? &*query.after : nullptr;
  const std::string reference = listing_reference(query.order, after);
  const auto again = parse_listing_query(reference == "./" ? "" : reference);
  SLUICE_CHECK(again.has_value());
  SLUICE_CHECK(again->order.sort == query.order.sort);
  SLUICE_CHECK(again->order.descending == query.order.descending);
  SLUICE_CHECK(again->after.has_value() == query.after.has_value());
  if (!query.after) return;
  SLUICE_CHECK(same_entry(*again->after, *query.after, query.order.sort));
  const std::string& name = query.after->name;
  SLUICE_CHECK(!name.empty() && name.find('/') == std::string::npos &&
               name.find('\0') == std::string::npos);
}

// Nothing where a file system would not have such a name.
std::vector<ListingEntry> read_entries(FuzzInput& input) {
  constexpr size_t kMostEntries = 16;
  std::vector<ListingEntry> entries;
  while (!input.empty() && entries.size() < kMostEntries) {
    std::string name(input.line());
    const bool is_directory = name.ends_with('/');
    std::erase_if(name, [](char c) { return c == '/' || c == '\0'; });
    // LF ends a line, and VT stands for it: names may hold both.
    std::ranges::replace(name, '\v', '\n');
    if (name.empty()) continue;
    const auto hash = static_cast<uint64_t>(std::hash<std::string>()(name));
    entries.push_back({.name = name,
                       .is_directory = is_directory,
                       .size_bytes = is_directory ? 0 : hash >> name.size() % 64,
                       .modified_seconds = static_cast<int64_t>(hash) >> name.size() % 32,
                       .modified_nanoseconds = static_cast<uint32_t>(hash % 1'000'000'000)});
  }
  return entries;
}

// The bytes that have a meaning in HTML, in their order.
std::string skeleton(std::string_view html) {
  std::string bones;
  std::ranges::copy_if(html, std::back_inserter(bones), [](char c) {
    return c == '<' || c == '>' || c == '"' || c == '\'' || c == '\n';
  });
  return bones;
}

void check_references(std::string_view html) {
  for (size_t at = html.find('&'); at != std::string_view::npos; at = html.find('&', at + 1)) {
    const std::string_view rest = html.substr(at);
    SLUICE_CHECK(rest.starts_with("&amp;") || rest.starts_with("&lt;") ||
                 rest.starts_with("&gt;") || rest.starts_with("&quot;") || rest.starts_with("&#"));
  }
}

void check_html(std::string_view path, const ListingQuery& query, const ListingPage& page) {
  const std::string html = listing_html(path, query, page);
  SLUICE_CHECK(is_utf8(html));
  SLUICE_CHECK(std::ranges::none_of(html, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f;
  }));
  check_references(html);
  // Names change nothing but text.
  ListingQuery plain_query = query;
  ListingPage plain_page = page;
  if (plain_query.after) plain_query.after->name = "x";
  if (plain_page.next) plain_page.next->name = "x";
  for (ListingEntry& entry : plain_page.entries) entry.name = "x";
  SLUICE_CHECK(skeleton(html) ==
               skeleton(listing_html(path == "/" ? "/" : "/x/", plain_query, plain_page)));
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    SLUICE_CHECK(text.size() - i >= 3);
    decoded += static_cast<char>(http::hex_value(text[i + 1]) * 16 + http::hex_value(text[i + 2]));
    i += 2;
  }
  return decoded;
}

void check_json(std::string_view path, const ListingQuery& query, const ListingPage& page) {
  const std::string json = listing_json(path, page, query.order);
  SLUICE_CHECK(is_utf8(json));
  const std::vector<std::string> strings = json_strings(json);
  auto at = strings.begin();
  const auto expect_member = [&at, &strings](std::string_view name) {
    SLUICE_CHECK(strings.end() - at >= 2 && *at == name);
    at += 2;
    return at[-1];
  };
  const std::string path_text = expect_member("path");
  SLUICE_CHECK(!is_utf8(path) || path_text == path);
  SLUICE_CHECK(at != strings.end() && *at++ == "entries");
  for (const ListingEntry& entry : page.entries) {
    const std::string name = expect_member("name");
    SLUICE_CHECK(!is_utf8(entry.name) || name == entry.name);
    const std::string href = percent_decoded(expect_member("href"));
    const std::string with_slash = entry.name + (entry.is_directory ? "/" : "");
    SLUICE_CHECK(href == with_slash || href == "./" + with_slash);
    const bool dotted = href.starts_with("./");
    SLUICE_CHECK(dotted || href.find(':') == std::string::npos);
    SLUICE_CHECK(expect_member("type") == (entry.is_directory ? "directory" : "file"));
    if (!entry.is_directory) SLUICE_CHECK(*at++ == "size");
    expect_member("modified");
  }
  if (page.next) {
    const auto next = parse_listing_query(expect_member("next"));
    SLUICE_CHECK(next && next->after && same_entry(*next->after, *page.next, query.order.sort));
  }
  SLUICE_CHECK(at == strings.end());
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  fuzz::FuzzInput input(data, size);
  const auto parsed = parse_listing_query(input.line());
  SLUICE_CHECK(parsed || parsed.error() == 400);
  if (parsed) fuzz::check_query(*parsed);
  const ListingQuery query = parsed.value_or(ListingQuery());
  std::string directory(input.line());
  std::erase_if(directory, [](char c) { return c == '/' || c == '\0'; });
  const std::string path = directory.empty() ? "/" : "/" + directory + "/";
  ListingPage page;
  page.entries = fuzz::read_entries(input);
  std::ranges::sort(page.entries, [&query](const ListingEntry& a, const ListingEntry& b) {
    return query.order.precedes(a, b);
  });
  if (page.entries.size() % 2 == 1) page.next = page.entries.back();
  fuzz::check_html(path, query, page);
  fuzz::check_json(path, query, page);
  return 0;
}
