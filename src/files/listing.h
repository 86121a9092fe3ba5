// What a page of a directory's listing holds, the query that asks for it, and how it is written.
// All of it is pure: bytes in, values and bytes out. Throws nothing but std::bad_alloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// A file or a directory. `name` is what the file system has: any bytes but NUL and '/'.
struct ListingEntry {
  std::string name;
  bool is_directory = false;
  uint64_t size_bytes = 0;  // 0 for a directory
  int64_t modified_seconds = 0;
  uint32_t modified_nanoseconds = 0;
};

enum class ListingSort : uint8_t { kName, kSize, kModified };

// Directories come first, then what `sort` says decides; where that is equal, the bytes of the
// name. So no two entries of a directory are equal, and pages do not overlap.
struct ListingOrder {
  ListingSort sort = ListingSort::kName;
  bool descending = false;

  bool precedes(const ListingEntry& a, const ListingEntry& b) const noexcept;
};

// Which entries are wanted: the first `page_size` that come after `after`.
struct ListingQuery {
  ListingOrder order;
  // A cursor. It need not be there any more: only its place in the order counts.
  std::optional<ListingEntry> after;
  size_t page_size = 1000;
};

struct ListingPage {
  std::vector<ListingEntry> entries;  // in order
  // The cursor of the next page; nothing when no more follow.
  std::optional<ListingEntry> next;
};

// Reads "?sort=name|size|modified&order=asc|desc&after=NAME&key=KEY", each of which may be missing,
// as may be the whole; percent-escapes are decoded, '+' is a plus. NAME ends in '/' for a
// directory. KEY is what the entry is sorted by, bytes or seconds.nanoseconds with nine digits
// behind the point, so that a page begins at its place when the entry is gone; `after` needs it in
// every order but that of names. Other parameters are ignored; of two with the same name the last
// counts. Returns 400 for a value that is malformed.
std::expected<ListingQuery, int> parse_listing_query(std::string_view query);

// The reference to a page, from any page of the same directory: what parse_listing_query() reads,
// or "./" for the first page in the usual order.
std::string listing_reference(const ListingOrder& order, const ListingEntry* after);

// The reference to an entry, from any page of its directory: its name percent-encoded, with a '/'
// behind a directory, and with "./" in front where it could be taken for a scheme.
std::string entry_reference(const ListingEntry& entry);

// A document of its own: no script, no image, nothing to load; its only style is one <style>.
// `path` is the directory's, decoded, with a '/' at both ends.
std::string listing_html(std::string_view path, const ListingQuery& query, const ListingPage& page);

// {"path":…,"entries":[{"name":…,"href":…,"type":"file"|"directory","size":…,"modified":…}],
// "next":…}, without "size" for directories and "next" on the last page. Always UTF-8: bytes of
// names that are not become U+FFFD; "href" has them all.
std::string listing_json(std::string_view path, const ListingPage& page, const ListingOrder& order);

}  // namespace sluice
