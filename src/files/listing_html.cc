#include <algorithm>
#include <charconv>
#include <iterator>

#include "files/iso_date.h"
#include "files/listing.h"
#include "files/listing_style.h"
#include "files/text_escape.h"

namespace sluice {

namespace {

// Of a deep path the first segments are left out of the heading, whose references to the parents
// would otherwise grow with the square of the depth.
constexpr size_t kMostSegments = 16;

constexpr std::string_view kHead = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Index of )html";

constexpr std::string_view kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

// "17 B", "1.5 MiB", "120 KiB".
std::string readable_size(uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  auto value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  // What would be written as 1024 is one of the next unit.
  while (value >= 1023.5 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  char text[32];
  const int digits = value < 99.95 ? 1 : 0;
  // Not printf(3), whose decimal point is the locale's.
  char* const end =
      std::to_chars(text, std::end(text), value, std::chars_format::fixed, digits).ptr;
  return std::string(text, end).append(" ").append(kUnits[unit]);
}

// An attribute href, and the end of the tag that it is in.
void append_href(std::string& out, std::string_view reference) {
  out += "href=\"";
  append_html(out, reference);
  out += "\">";
}

void append_link(std::string& out, std::string_view reference, std::string_view text) {
  out += "<a ";
  append_href(out, reference);
  append_html(out, text);
  out += "</a>";
}

// The names between the slashes of "/a/b/".
std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
    if (!segment.empty()) segments.push_back(segment);
  }
  return segments;
}

std::string levels_up(size_t levels) {
  std::string reference = levels == 0 ? "./" : "";
  for (; levels > 0; --levels) reference += "../";
  return reference;
}

// References are relative, so that they hold behind a proxy that has taken a part off the path.
void append_heading(std::string& out, std::string_view path) {
  const std::vector<std::string_view> segments = segments_of(path);
  const size_t depth = segments.size();
  const size_t first = depth > kMostSegments ? depth - kMostSegments : 0;
  out += "<h1>";
  append_link(out, levels_up(depth), "Home");
  if (first > 0) out += "<i>/</i>\u2026";
  for (size_t i = first; i < depth; ++i) {
    out += "<i>/</i><bdi>";
    if (i + 1 < depth) {
      append_link(out, levels_up(depth - 1 - i), segments[i]);
    } else {
      append_html(out, segments[i]);
    }
    out += "</bdi>";
  }
  out += "</h1>\n";
}

// The head of a column, which leads to the other order of it, or to its usual one.
void append_column(std::string& out, std::string_view title, ListingSort sort,
                   const ListingOrder& current) {
  const bool selected = sort == current.sort;
  // The largest and the newest are what people look for.
  const bool descending = selected ? !current.descending : sort != ListingSort::kName;
  out += "<th scope=\"col\"";
  if (selected) {
    out += current.descending ? " aria-sort=\"descending\"" : " aria-sort=\"ascending\"";
  }
  out += "><a ";
  append_href(out, listing_reference({sort, descending}, nullptr));
  out += title;
  if (selected) {
    out += " <span aria-hidden=\"true\">";
    out += current.descending ? "\u2193" : "\u2191";
    out += "</span>";
  }
  out += "</a></th>\n";
}

void append_entry(std::string& out, const ListingEntry& entry) {
  out += entry.is_directory ? "<tr class=\"d\"><td><a " : "<tr><td><a ";
  append_href(out, entry_reference(entry));
  out += entry.is_directory ? R"(<svg aria-hidden="true"><use href="#d"/></svg><bdi>)"
                            : R"(<svg aria-hidden="true"><use href="#f"/></svg><bdi>)";
  append_html(out, entry.name);
  if (entry.is_directory) {
    out += "/</bdi></a></td><td></td>";
  } else {
    out += "</bdi></a></td><td title=\"";
    out += std::to_string(entry.size_bytes);
    out += entry.size_bytes == 1 ? " byte\">" : " bytes\">";
    out += readable_size(entry.size_bytes);
    out += "</td>";
  }
  const IsoDate modified(entry.modified_seconds);
  out += "<td><time datetime=\"";
  out += modified.view();
  out += "\">";
  out += modified.date();
  out += ' ';
  out += modified.hours_minutes();
  out += " UTC</time></td></tr>\n";
}

void append_table(std::string& out, std::string_view path, const ListingQuery& query,
                  const ListingPage& page) {
  out += "<table>\n<thead><tr>\n";
  append_column(out, "Name", ListingSort::kName, query.order);
  append_column(out, "Size", ListingSort::kSize, query.order);
  append_column(out, "Modified", ListingSort::kModified, query.order);
  out += "</tr></thead>\n<tbody>\n";
  if (path != "/") {
    out += R"(<tr class="u"><td><a href="../" aria-label="Parent directory">)"
           R"(<svg aria-hidden="true"><use href="#u"/></svg>..</a></td><td></td><td></td></tr>)"
           "\n";
  }
  for (const ListingEntry& entry : page.entries) append_entry(out, entry);
  out += "</tbody>\n</table>\n";
}

void append_pages(std::string& out, const ListingQuery& query, const ListingPage& page) {
  if (!query.after && !page.next) return;
  out += "<nav aria-label=\"Pages\">\n";
  if (query.after) {
    append_link(out, listing_reference(query.order, nullptr), "First page");
    out += '\n';
  }
  if (page.next) {
    out += "<a rel=\"next\" ";
    append_href(out, listing_reference(query.order, &*page.next));
    out += "Next page</a>\n";
  }
  out += "</nav>\n";
}

}  // namespace

std::string listing_html(std::string_view path, const ListingQuery& query,
                         const ListingPage& page) {
  std::string out(kHead);
  append_html(out, path);
  out += "</title>\n<style>";
  out += kListingStyle;
  out += "</style>\n</head>\n<body>\n";
  out += kListingIcons;
  append_heading(out, path);
  append_table(out, path, query, page);
  if (page.entries.empty()) {
    out += query.after ? "<p>There is nothing more.</p>\n" : "<p>This directory is empty.</p>\n";
  }
  append_pages(out, query, page);
  out += "</body>\n</html>\n";
  return out;
}

}  // namespace sluice
