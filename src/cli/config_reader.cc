#include "cli/config_reader.h"

#include <fmt/core.h>

#include <optional>

#include "cli/nearest_name.h"

namespace sluice::cli {

namespace {

using Kind = TomlValue::Kind;

// "sites[0].index[1]" → "sites[0].index" → "sites[0]" → "sites" → "".
std::string_view outer_member(std::string_view member) {
  const size_t end = member.find_last_of(".[");
  return member.substr(0, end == std::string_view::npos ? 0 : end);
}

// "sites[0].index[1]" → "index".
std::string_view last_name(std::string_view member) {
  while (member.ends_with(']')) member = outer_member(member);
  return member.substr(member.rfind('.') + 1);  // from 0 without one
}

std::string quote(std::string_view name) { return fmt::format("'{}'", name); }

// "'a', 'b' and 'c'".
std::string list(std::span<const std::string_view> names, std::string_view last_word,
                 char quotation_mark) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i != 0) text += i + 1 == names.size() ? fmt::format(" {} ", last_word) : ", ";
    text += fmt::format("{0}{1}{0}", quotation_mark, names[i]);
  }
  return text;
}

// Three digits, of a client's or a server's error.
std::optional<int> parse_error_status(std::string_view text) {
  int status = 0;
  for (const char c : text.substr(0, 3)) {
    if (c < '0' || c > '9') return std::nullopt;
    status = status * 10 + (c - '0');
  }
  if (text.size() != 3 || status < 400 || status > 599) return std::nullopt;
  return status;
}

}  // namespace

Place Place::child(std::string_view name, std::string_view child_key) const {
  return {.member = member.empty() ? std::string(name) : fmt::format("{}.{}", member, name),
          .key = child_key};
}

Place Place::element(size_t index) const {
  return {.member = fmt::format("{}[{}]", member, index), .key = key};
}

void MemberPositions::note(const Place& place, Position position) {
  places_[place.member] = {.position = position, .key = std::string(place.key)};
}

MemberPositions::Found MemberPositions::find(std::string_view member) const {
  for (std::string_view outer = member; !outer.empty(); outer = outer_member(outer)) {
    const auto found = places_.find(outer);
    if (found == places_.end()) continue;
    if (outer.size() == member.size()) return found->second;
    return {.position = found->second.position, .key = std::string(last_name(member))};
  }
  return {.position = {}, .key = std::string(last_name(member))};
}

bool MemberPositions::mistaken(std::string_view member) const {
  for (; !member.empty(); member = outer_member(member)) {
    if (mistaken_.contains(member)) return true;
  }
  return false;
}

void ConfigReader::refuse(const Place& place, Position position, std::string message) {
  positions_.note_mistake(place.member);
  mistakes_.push_back({.position = position, .message = std::move(message)});
}

bool ConfigReader::refuse_type(const TomlValue& value, const Place& place,
                               std::string_view allowed) {
  refuse(place, value.position,
         fmt::format("{} must be {}, not {}", quote(place.key), allowed, describe(value)));
  return false;
}

void ConfigReader::refuse_key(const TomlEntry& entry, const Place& table,
                              std::span<const std::string_view> known,
                              std::span<const std::string_view> members) {
  const std::string_view nearest = nearest_name(entry.key, known);
  if (nearest.empty()) {
    mistakes_.push_back({.position = entry.position,
                         .message = fmt::format("unknown key {}; known here are {}",
                                                quote(entry.key), list(known, "and", '\''))});
    return;
  }
  // What is meant is not missing.
  const auto index = std::ranges::find(known, nearest) - known.begin();
  refuse(table.child(members[static_cast<size_t>(index)], nearest), entry.position,
         fmt::format("unknown key {}; did you mean {}?", quote(entry.key), quote(nearest)));
}

void ConfigReader::refuse_missing(const TomlValue& table, const Place& place) {
  refuse(place, table.position, fmt::format("{} is missing", quote(place.key)));
}

bool ConfigReader::expect_table(const TomlValue& value, const Place& place) {
  return value.kind == Kind::kTable || refuse_type(value, place, "a table");
}

bool ConfigReader::expect_array_of_tables(const TomlValue& value, const Place& place) {
  const bool tables = value.kind == Kind::kArray &&
                      std::ranges::all_of(value.elements, [](const TomlValue& element) {
                        return element.kind == Kind::kTable;
                      });
  if (tables) return true;
  if (value.kind == Kind::kArray) {
    const auto other = std::ranges::find_if(
        value.elements, [](const TomlValue& element) { return element.kind != Kind::kTable; });
    refuse(place, other->position,
           fmt::format("{} must hold tables only, not {}", quote(place.key), describe(*other)));
    return false;
  }
  return refuse_type(value, place, "an array of tables, written with [[two brackets]]");
}

bool ConfigReader::read(const TomlValue& value, const Place& place, bool& out) {
  if (value.kind != Kind::kBoolean) return refuse_type(value, place, "true or false");
  out = value.boolean;
  return true;
}

bool ConfigReader::read(const TomlValue& value, const Place& place, std::string& out) {
  if (value.kind != Kind::kString) return refuse_type(value, place, "a string");
  out = value.text;
  return true;
}

bool ConfigReader::read(const TomlValue& value, const Place& place, std::vector<std::string>& out) {
  if (value.kind != Kind::kArray) return refuse_type(value, place, "an array of strings");
  std::vector<std::string> texts;
  bool right = true;
  for (const TomlValue& element : value.elements) {
    if (element.kind == Kind::kString) {
      note(place.element(texts.size()), element.position);
      texts.push_back(element.text);
      continue;
    }
    refuse(place, element.position,
           fmt::format("{} must hold strings only, not {}", quote(place.key), describe(element)));
    right = false;
  }
  out = std::move(texts);
  return right;
}

bool ConfigReader::read(const TomlValue& value, const Place& place,
                        std::map<int, std::string>& out) {
  if (value.kind != Kind::kTable) {
    return refuse_type(value, place, "a table such as { 404 = \"/404.html\" }");
  }
  bool right = true;
  for (const TomlEntry& entry : value.entries) {
    const auto status = parse_error_status(entry.key);
    if (!status) {
      refuse(place, entry.position,
             fmt::format("{} is no status of an error; 400 to 599 are", quote(entry.key)));
      right = false;
      continue;
    }
    const Place page = place.child(entry.key, place.key);
    note(page, entry.value.position);
    right = read(entry.value, {.member = page.member, .key = entry.key}, out[*status]) && right;
  }
  return right;
}

bool ConfigReader::read_file_path(const TomlValue& value, const Place& place, std::string& out) {
  std::string path;
  if (!read(value, place, path)) return false;
  if (path.empty() || path.find('\0') != std::string::npos) {
    return refuse_type(value, place, "the path of a file");
  }
  const bool relative = path[0] != '/' && !base_directory_.empty();
  const std::string_view slash = base_directory_.ends_with('/') ? "" : "/";
  out = relative ? fmt::format("{}{}{}", base_directory_, slash, path) : path;
  return true;
}

bool ConfigReader::read_number(const TomlValue& value, const Place& place, uint64_t most,
                               int64_t& out) {
  const bool open = most >= static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  const bool allowed = value.kind == Kind::kInteger && value.integer >= 0 &&
                       static_cast<uint64_t>(value.integer) <= most;
  if (!allowed) {
    const std::string range = open ? "0 or more" : fmt::format("from 0 to {}", most);
    return refuse_type(value, place, fmt::format("a whole number, {}", range));
  }
  out = value.integer;
  return true;
}

bool ConfigReader::read_name(const TomlValue& value, const Place& place,
                             std::span<const std::string_view> names, size_t& out) {
  const auto name =
      value.kind == Kind::kString ? std::ranges::find(names, value.text) : names.end();
  if (name == names.end()) return refuse_type(value, place, list(names, "or", '"'));
  out = static_cast<size_t>(name - names.begin());
  return true;
}

bool ConfigReader::read_field(const TomlEntry& entry, const TomlValue& value, const Place& place,
                              std::vector<HeaderField>& out) {
  if (value.kind != Kind::kString) {
    return refuse_type(value, {.member = place.member, .key = entry.key}, "a string");
  }
  const Place field = place.element(out.size());
  note(field, entry.position);
  note(field.child("name", place.key), entry.position);
  note(field.child("value", place.key), value.position);
  out.push_back({.name = entry.key, .value = value.text});
  return true;
}

bool ConfigReader::read_fields(const TomlValue& value, const Place& place, bool lists,
                               std::vector<HeaderField>& out) {
  if (value.kind != Kind::kTable) {
    return refuse_type(value, place, "a table such as { Name = \"value\" }");
  }
  bool right = true;
  for (const TomlEntry& entry : value.entries) {
    if (!lists || entry.value.kind != Kind::kArray) {
      right = read_field(entry, entry.value, place, out) && right;
      continue;
    }
    for (const TomlValue& element : entry.value.elements) {
      right = read_field(entry, element, place, out) && right;
    }
  }
  return right;
}

}  // namespace sluice::cli
