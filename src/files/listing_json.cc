#include "files/iso_date.h"
#include "files/listing.h"
#include "files/text_escape.h"

namespace sluice {

namespace {

void append_entry(std::string& out, const ListingEntry& entry) {
  out += R"({"name":)";
  append_json(out, entry.name);
  out += R"(,"href":)";
  append_json(out, entry_reference(entry));
  if (entry.is_directory) {
    out += R"(,"type":"directory")";
  } else {
    out += R"(,"type":"file","size":)";
    out += std::to_string(entry.size_bytes);
  }
  out += R"(,"modified":")";
  out += IsoDate(entry.modified_seconds).view();
  out += R"("})";
}

}  // namespace

std::string listing_json(std::string_view path, const ListingPage& page,
                         const ListingOrder& order) {
  std::string out = R"({"path":)";
  append_json(out, path);
  out += R"(,"entries":[)";
  for (const ListingEntry& entry : page.entries) {
    if (&entry != page.entries.data()) out += ',';
    out += '\n';
    append_entry(out, entry);
  }
  out += "\n]";
  if (page.next) {
    out += R"(,"next":)";
    append_json(out, listing_reference(order, &*page.next));
  }
  out += "}\n";
  return out;
}

}  // namespace sluice
