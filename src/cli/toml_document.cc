#include "cli/toml_document.h"

#include <fmt/core.h>

// The library's code is compiled in, so that the program does not need it where it runs. It asserts
// (or lets the compiler assume, with NDEBUG) that texts such as "[=]" do not occur, and then
// refuses them all the same: without assertions it is right.
// NOLINTBEGIN(readability-identifier-naming): the names are the library's.
#undef NDEBUG
#define TOML_ASSERT(condition) static_cast<void>(0)
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 16
// NOLINTEND(readability-identifier-naming)
#include <toml++/toml.h>

#include <algorithm>
#include <utility>

#include "cli/toml_guard.h"

namespace sluice::cli {

namespace {

Position position_of(const toml::source_position& position) {
  return {.line = position.line, .column = position.column};
}

TomlValue convert(const toml::node& node);

std::vector<TomlEntry> convert_entries(const toml::table& table) {
  std::vector<TomlEntry> entries;
  for (const auto& [key, value] : table) {
    entries.push_back({.key = std::string(key.str()),
                       .position = position_of(key.source().begin),
                       .value = convert(value)});
  }
  std::ranges::sort(entries, {}, &TomlEntry::position);
  return entries;
}

TomlValue convert(const toml::node& node) {
  using Kind = TomlValue::Kind;
  TomlValue value;
  value.position = position_of(node.source().begin);
  if (const auto* const table = node.as_table()) {
    value.kind = Kind::kTable;
    value.entries = convert_entries(*table);
  } else if (const auto* const array = node.as_array()) {
    value.kind = Kind::kArray;
    for (const toml::node& element : *array) value.elements.push_back(convert(element));
  } else if (const auto* const text = node.as_string()) {
    value.kind = Kind::kString;
    value.text = text->get();
  } else if (const auto* const integer = node.as_integer()) {
    value.kind = Kind::kInteger;
    value.integer = integer->get();
  } else if (const auto* const boolean = node.as_boolean()) {
    value.kind = Kind::kBoolean;
    value.boolean = boolean->get();
  } else {
    value.kind = Kind::kOther;
    value.text = node.is_floating_point() ? "a number with a fraction" : "a date or a time";
  }
  return value;
}

// The library begins its messages with "Error while parsing WHAT: ".
std::string message_of(const toml::parse_error& error) {
  constexpr std::string_view kBegin = "Error while parsing ";
  std::string_view message = error.description();
  if (message.starts_with(kBegin)) message.remove_prefix(kBegin.size());
  return fmt::format("this is no TOML: {}", message);
}

// The first bytes of a text that may be long, without half a character at the end.
std::string shorten(std::string_view text) {
  constexpr size_t kMost = 60;
  if (text.size() <= kMost) return std::string(text);
  size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace

std::expected<TomlValue, Mistake> parse_toml(std::string_view text) {
  if (text.size() > kMostTomlBytes) {
    return std::unexpected(
        Mistake{.position = {},
                .message = fmt::format("the text has {} bytes; up to {} are allowed", text.size(),
                                       kMostTomlBytes)});
  }
  if (auto unsafe = find_unsafe(text)) return std::unexpected(std::move(*unsafe));
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    return std::unexpected(Mistake{.position = position_of(parsed.error().source().begin),
                                   .message = message_of(parsed.error())});
  }
  TomlValue top = convert(parsed.table());
  top.position = {};
  return top;
}

std::string describe(const TomlValue& value) {
  switch (value.kind) {
    case TomlValue::Kind::kString:
      return fmt::format("the string \"{}\"", shorten(value.text));
    case TomlValue::Kind::kInteger:
      return fmt::format("the number {}", value.integer);
    case TomlValue::Kind::kBoolean:
      return value.boolean ? "true" : "false";
    case TomlValue::Kind::kArray:
      return "an array";
    case TomlValue::Kind::kTable:
      return "a table";
    case TomlValue::Kind::kOther:
      break;
  }
  return value.text;
}

}  // namespace sluice::cli
