// A TOML text (https://toml.io/en/v1.0.0) as a tree of values that know where they stand.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

// Lines and columns (in code points) are counted from 1.
struct Position {
  uint32_t line = 1;
  uint32_t column = 1;

  auto operator<=>(const Position&) const = default;
};

// What is wrong with a text, and where. For a person.
struct Mistake {
  Position position;
  std::string message;
};

struct TomlEntry;

struct TomlValue {
  enum class Kind : uint8_t { kString, kInteger, kBoolean, kArray, kTable, kOther };

  Kind kind = Kind::kTable;
  Position position;  // where it begins; a table begins at its [header]
  std::string text;   // kString: its value; kOther: what it is ("a number with a fraction")
  int64_t integer = 0;
  bool boolean = false;
  std::vector<TomlValue> elements;  // kArray
  std::vector<TomlEntry> entries;   // kTable: in the order of the text
};

struct TomlEntry {
  std::string key;
  Position position;  // of the key
  TomlValue value;
};

// The bytes that a text may have.
inline constexpr size_t kMostTomlBytes = 1024 * 1024;

// The table at the top, or the first place where the text is no TOML, or is not safe to read
// (cli/toml_guard.h).
std::expected<TomlValue, Mistake> parse_toml(std::string_view text);

// What a value is, to be said after "not": `the string "yes"`, "the number 3", "an array".
std::string describe(const TomlValue& value);

}  // namespace sluice::cli
