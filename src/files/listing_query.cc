#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <utility>

#include "files/listing.h"
#include "files/text_escape.h"
#include "http/percent_encoding.h"

namespace sluice {

namespace {

constexpr size_t kNanosecondDigits = 9;

// Nothing where an escape is malformed.
std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const std::optional<char> byte = http::decode_escape(text.substr(i));
    if (!byte) return std::nullopt;
    decoded += *byte;
    i += http::kEscapeSize - 1;
  }
  return decoded;
}

// The whole of `text` as a number.
template <class Number>
bool parse_number(std::string_view text, Number& number) noexcept {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

bool parse_sort(std::string_view value, ListingSort& sort) noexcept {
  if (value == "name") {
    sort = ListingSort::kName;
  } else if (value == "size") {
    sort = ListingSort::kSize;
  } else if (value == "modified") {
    sort = ListingSort::kModified;
  } else {
    return false;
  }
  return true;
}

bool parse_name(std::string name, ListingEntry& entry) noexcept {
  entry.is_directory = name.ends_with('/');
  if (entry.is_directory) name.pop_back();
  if (name.empty() || name.find('/') != std::string::npos || name.find('\0') != std::string::npos) {
    return false;
  }
  entry.name = std::move(name);
  return true;
}

bool parse_key(std::string_view key, ListingSort sort, ListingEntry& entry) noexcept {
  switch (sort) {
    case ListingSort::kName:
      return true;
    case ListingSort::kSize:
      return parse_number(key, entry.size_bytes);
    case ListingSort::kModified:
      break;
  }
  const size_t point = key.find('.');
  if (point == std::string_view::npos) return false;
  const std::string_view fraction = key.substr(point + 1);
  return fraction.size() == kNanosecondDigits &&
         parse_number(key.substr(0, point), entry.modified_seconds) &&
         parse_number(fraction, entry.modified_nanoseconds);
}

std::string key_of(const ListingEntry& entry, ListingSort sort) {
  if (sort == ListingSort::kSize) return std::to_string(entry.size_bytes);
  const std::string fraction = std::to_string(entry.modified_nanoseconds);
  const size_t zeros = kNanosecondDigits - std::min(fraction.size(), kNanosecondDigits);
  return std::to_string(entry.modified_seconds) + '.' + std::string(zeros, '0') + fraction;
}

constexpr std::string_view name_of(ListingSort sort) noexcept {
  switch (sort) {
    case ListingSort::kSize:
      return "size";
    case ListingSort::kModified:
      return "modified";
    default:
      return "name";
  }
}

struct Parameters {
  std::optional<std::string> sort;
  std::optional<std::string> order;
  std::optional<std::string> after;
  std::optional<std::string> key;
};

// False where the value of a parameter that is known has a malformed escape.
bool collect(std::string_view query, Parameters& parameters) {
  const std::array known = {
      std::pair("sort", &parameters.sort), std::pair("order", &parameters.order),
      std::pair("after", &parameters.after), std::pair("key", &parameters.key)};
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
    const size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    for (const auto& [name, value] : known) {
      if (parameter.substr(0, equals) != name) continue;
      *value = decode(parameter.substr(equals + 1));
      if (!*value) return false;
    }
  }
  return true;
}

}  // namespace

bool ListingOrder::precedes(const ListingEntry& a, const ListingEntry& b) const noexcept {
  if (a.is_directory != b.is_directory) return a.is_directory;
  switch (sort) {
    case ListingSort::kName:
      return descending ? b.name < a.name : a.name < b.name;
    case ListingSort::kSize:
      if (a.size_bytes != b.size_bytes) return (a.size_bytes < b.size_bytes) != descending;
      break;
    case ListingSort::kModified: {
      const auto a_time = std::tie(a.modified_seconds, a.modified_nanoseconds);
      const auto b_time = std::tie(b.modified_seconds, b.modified_nanoseconds);
      if (a_time != b_time) return (a_time < b_time) != descending;
      break;
    }
  }
  return a.name < b.name;
}

std::expected<ListingQuery, int> parse_listing_query(std::string_view query) {
  if (query.starts_with('?')) query.remove_prefix(1);
  Parameters parameters;
  if (!collect(query, parameters)) return std::unexpected(400);
  ListingQuery parsed;
  if (parameters.sort && !parse_sort(*parameters.sort, parsed.order.sort)) {
    return std::unexpected(400);
  }
  if (parameters.order) {
    parsed.order.descending = *parameters.order == "desc";
    if (!parsed.order.descending && *parameters.order != "asc") return std::unexpected(400);
  }
  if (parameters.after) {
    ListingEntry& after = parsed.after.emplace();
    if (!parse_name(std::move(*parameters.after), after) ||
        !parse_key(parameters.key.value_or(""), parsed.order.sort, after)) {
      return std::unexpected(400);
    }
  }
  return parsed;
}

std::string listing_reference(const ListingOrder& order, const ListingEntry* after) {
  std::string reference;
  const auto add = [&reference](std::string_view name, std::string_view value) {
    reference += reference.empty() ? '?' : '&';
    reference += name;
    reference += '=';
    append_percent_encoded(reference, value);
  };
  if (order.sort != ListingSort::kName) add("sort", name_of(order.sort));
  if (order.descending) add("order", "desc");
  if (after != nullptr) {
    add("after", after->is_directory ? after->name + '/' : after->name);
    if (order.sort != ListingSort::kName) add("key", key_of(*after, order.sort));
  }
  return reference.empty() ? "./" : reference;
}

std::string entry_reference(const ListingEntry& entry) {
  std::string reference;
  if (entry.name.find(':') != std::string::npos) reference = "./";
  append_path_segment(reference, entry.name);
  if (entry.is_directory) reference += '/';
  return reference;
}

}  // namespace sluice
