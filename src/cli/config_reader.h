// Reads the tables of a configuration into structs, by lists of their keys.
//
// A list says each key of a table once: its name, the member it is about, and how it is read.
// Whatever is said about keys, such as which are known, comes from these lists.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <sluice/options.h>

#include "cli/toml_document.h"

namespace sluice::cli {

// What a value is read for.
struct Place {
  std::string member;    // the path of a member of Options: "sites[0].root"; empty: Options itself
  std::string_view key;  // what the text calls it: "root"

  Place child(std::string_view name, std::string_view child_key) const;  // "sites[0]" → "….root"
  Place element(size_t index) const;                                     // "sites" → "sites[0]"
};

// Where the members of Options are in a text.
class MemberPositions {
 public:
  struct Found {
    Position position;
    std::string key;  // what the text calls it
  };

  void note(const Place& place, Position position);
  // What is said about the member is wrong: nothing needs to be said about it again.
  void note_mistake(const std::string& member) { mistaken_.insert(member); }

  // The member, or the nearest that has it inside, and at last the beginning of the text.
  Found find(std::string_view member) const;

  // True when the member, or one that has it inside, has been found to be wrong.
  bool mistaken(std::string_view member) const;

 private:
  std::map<std::string, Found, std::less<>> places_;
  std::set<std::string, std::less<>> mistaken_;
};

class ConfigReader {
 public:
  // Relative paths of files are relative to `base_directory`.
  explicit ConfigReader(std::string_view base_directory) : base_directory_(base_directory) {}

  // Each reads a value, or finds a mistake: then it returns false and leaves `out` as it was, or
  // without what is wrong.
  bool read(const TomlValue& value, const Place& place, bool& out);
  bool read(const TomlValue& value, const Place& place, std::string& out);
  bool read(const TomlValue& value, const Place& place, std::vector<std::string>& out);
  bool read(const TomlValue& value, const Place& place, std::map<int, std::string>& out);
  bool read_file_path(const TomlValue& value, const Place& place, std::string& out);
  // From 0 to `most`.
  bool read_number(const TomlValue& value, const Place& place, uint64_t most, int64_t& out);
  // { Name = "value" }, and { Name = ["value", "value"] } where `lists` says so.
  bool read_fields(const TomlValue& value, const Place& place, bool lists,
                   std::vector<HeaderField>& out);

  // The index of a name in `names`.
  bool read_name(const TomlValue& value, const Place& place,
                 std::span<const std::string_view> names, size_t& out);

  bool expect_table(const TomlValue& value, const Place& place);
  bool expect_array_of_tables(const TomlValue& value, const Place& place);
  // `known` are the keys and `members` what they are about.
  void refuse_key(const TomlEntry& entry, const Place& table,
                  std::span<const std::string_view> known,
                  std::span<const std::string_view> members);
  void refuse_missing(const TomlValue& table, const Place& place);
  void refuse(const Place& place, Position position, std::string message);

  void note(const Place& place, Position position) { positions_.note(place, position); }
  bool mistaken(const Place& place) const { return positions_.mistaken(place.member); }

  MemberPositions take_positions() { return std::move(positions_); }
  std::vector<Mistake> take_mistakes() { return std::move(mistakes_); }

 private:
  // Says what is allowed and what is there instead. False, for the caller to return.
  bool refuse_type(const TomlValue& value, const Place& place, std::string_view allowed);
  bool read_field(const TomlEntry& entry, const TomlValue& value, const Place& place,
                  std::vector<HeaderField>& out);

  std::string base_directory_;
  MemberPositions positions_;
  std::vector<Mistake> mistakes_;
};

enum class Presence : uint8_t { kOptional, kRequired };

template <class Table>
struct Key {
  using Read = void (*)(ConfigReader&, const TomlValue&, const Place&, Table&);

  std::string_view name;
  std::string_view member;  // of Table
  Read read;
  Presence presence;

  constexpr Key(std::string_view key, std::string_view its_member, Read its_read,
                Presence its_presence = Presence::kOptional)
      : name(key), member(its_member), read(its_read), presence(its_presence) {}
  // For a key and a member of the same name.
  constexpr Key(std::string_view key, Read its_read, Presence its_presence = Presence::kOptional)
      : Key(key, key, its_read, its_presence) {}
};

// Reads one table. `keys` is the list of its keys.
template <class Table>
void read_table(ConfigReader& reader, const TomlValue& value, const Place& place,
                std::span<const Key<Table>> keys, Table& table) {
  if (!reader.expect_table(value, place)) return;
  std::vector<std::string_view> names;
  std::vector<std::string_view> members;
  for (const Key<Table>& key : keys) {
    names.push_back(key.name);
    members.push_back(key.member);
  }
  std::set<std::string_view> present;
  for (const TomlEntry& entry : value.entries) {
    const auto key = std::ranges::find(keys, entry.key, &Key<Table>::name);
    if (key == keys.end()) {
      reader.refuse_key(entry, place, names, members);
      continue;
    }
    present.insert(key->name);
    const Place inner = place.child(key->member, key->name);
    reader.note(inner, entry.value.position);
    key->read(reader, entry.value, inner, table);
  }
  for (const Key<Table>& key : keys) {
    const Place inner = place.child(key.member, key.name);
    const bool missing = key.presence == Presence::kRequired && !present.contains(key.name);
    if (missing && !reader.mistaken(inner)) reader.refuse_missing(value, inner);
  }
}

// How members are read: functions to be named in lists of keys.

template <auto kMember, class Table>
void read_member(ConfigReader& reader, const TomlValue& value, const Place& place, Table& table) {
  reader.read(value, place, table.*kMember);
}

template <auto kMember, class Table>
void read_file_path(ConfigReader& reader, const TomlValue& value, const Place& place,
                    Table& table) {
  reader.read_file_path(value, place, table.*kMember);
}

template <auto kMember, class Table>
void read_number(ConfigReader& reader, const TomlValue& value, const Place& place, Table& table) {
  using Number = std::remove_reference_t<decltype(table.*kMember)>;
  using Range = std::numeric_limits<Number>;
  int64_t number = 0;
  if (reader.read_number(value, place, Range::max(), number)) {
    table.*kMember = static_cast<Number>(number);
  }
}

// The names are those of the enumerators 0, 1, ….
template <auto kMember, const auto& kNames, class Table>
void read_choice(ConfigReader& reader, const TomlValue& value, const Place& place, Table& table) {
  using Choice = std::remove_reference_t<decltype(table.*kMember)>;
  size_t index = 0;
  if (reader.read_name(value, place, kNames, index)) table.*kMember = static_cast<Choice>(index);
}

template <auto kMember, const auto& kKeys, class Table>
void read_inner_table(ConfigReader& reader, const TomlValue& value, const Place& place,
                      Table& table) {
  using Inner = std::remove_reference_t<decltype(table.*kMember)>;
  read_table<Inner>(reader, value, place, kKeys, table.*kMember);
}

template <auto kMember, const auto& kKeys, class Table>
void read_tables(ConfigReader& reader, const TomlValue& value, const Place& place, Table& table) {
  using Inner = typename std::remove_reference_t<decltype(table.*kMember)>::value_type;
  if (!reader.expect_array_of_tables(value, place)) return;
  for (const TomlValue& element : value.elements) {
    const Place inner = place.element((table.*kMember).size());
    reader.note(inner, element.position);
    read_table<Inner>(reader, element, inner, kKeys, (table.*kMember).emplace_back());
  }
}

}  // namespace sluice::cli
