#include "rules/header_rule.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "http/characters.h"
#include "rules/control_bytes.h"
#include "rules/message.h"

namespace sluice::rules {

namespace {

using namespace std::string_view_literals;

// They say how the message is framed, what the connection does or what was sent.
constexpr std::array kServersOwn = {
    "Connection"sv, "Content-Length"sv,    "Content-Range"sv, "Keep-Alive"sv,
    "Trailer"sv,    "Transfer-Encoding"sv, "Upgrade"sv,
};

struct PresetField {
  std::string_view name;
  std::string_view value;
};

constexpr std::array kImmutableFields = {
    PresetField{"Cache-Control", "public, max-age=31536000, immutable"},
};
constexpr std::array kSecurityFields = {
    PresetField{"X-Content-Type-Options", "nosniff"},
    PresetField{"Referrer-Policy", "strict-origin-when-cross-origin"},
    PresetField{"X-Frame-Options", "SAMEORIGIN"},
    PresetField{"Cross-Origin-Opener-Policy", "same-origin"},
};
constexpr std::array kCorsFields = {
    PresetField{"Access-Control-Allow-Origin", "*"},
    PresetField{"Access-Control-Expose-Headers",
                "Content-Length, Content-Range, ETag, Accept-Ranges"},
};

bool contains_name(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(
      names, [name](const std::string& other) { return http::equal_ignoring_case(other, name); });
}

void append_line(HeaderEdit& edit, std::string_view name, std::string_view value) {
  edit.lines += message(name, ": ", value, "\r\n");
}

template <size_t kCount>
HeaderEdit make_preset_edit(const std::array<PresetField, kCount>& fields) {
  HeaderEdit edit;
  for (const PresetField& field : fields) {
    edit.erased.emplace_back(field.name);
    append_line(edit, field.name, field.value);
  }
  return edit;
}

void add_preset(HeaderPreset preset, CompiledHeaderRule& compiled) {
  switch (preset) {
    case HeaderPreset::kNone:
      return;
    case HeaderPreset::kImmutable:
      // Never on errors: they would be kept for a year as well.
      compiled.edits.push_back(make_preset_edit(kImmutableFields));
      compiled.edits.back().hashed_names_only = true;
      return;
    case HeaderPreset::kSecurity:
      compiled.edits.push_back(make_preset_edit(kSecurityFields));
      compiled.edits.back().always = true;
      return;
    case HeaderPreset::kCors:
      compiled.edits.push_back(make_preset_edit(kCorsFields));
      compiled.edits.back().always = true;
      compiled.cors = true;
      return;
  }
}

// What is wrong with a name; "" if nothing is.
std::string find_name_mistake(std::string_view name, bool removed) {
  if (name.empty() || !std::ranges::all_of(name, http::is_token_char)) {
    return message("\"", name,
                   "\" is no field name; letters, digits and !#$%&'*+-.^_`|~ are allowed");
  }
  const auto is_name = [name](std::string_view other) {
    return http::equal_ignoring_case(name, other);
  };
  // What is false is worse than nothing: these say what the server compares and when it answered.
  const bool removable = is_name("Date") || is_name("ETag") || is_name("Last-Modified");
  if (std::ranges::any_of(kServersOwn, is_name) || (!removed && removable)) {
    return message(name, " is the server's own to say");
  }
  return "";
}

}  // namespace

CompiledHeaderRule compile_header_rule(const HeaderRule& rule, const std::string& option,
                                       std::vector<OptionProblem>& problems) {
  CompiledHeaderRule compiled;
  add_preset(rule.preset, compiled);
  HeaderEdit own;
  own.always = rule.always;
  // Whoever replaces it hides from caches that a response is one of several.
  const auto check_not_vary = [&](std::string_view name, const std::string& place) {
    if (http::equal_ignoring_case(name, "Vary")) {
      problems.push_back({place, message(name, " is the server's to say as well; add to it")});
    }
  };
  const auto check_name = [&](std::string_view name, const std::string& place, bool removed) {
    if (std::string mistake = find_name_mistake(name, removed); !mistake.empty()) {
      problems.push_back({place, std::move(mistake)});
    }
  };
  const auto add_field = [&](const HeaderField& field, const std::string& place) {
    check_name(field.name, place + ".name", false);
    if (has_control_byte(field.value)) {
      problems.push_back({place + ".value", "a field value holds no control characters"});
    }
    append_line(own, field.name, http::trim_blanks(field.value));
  };
  for (size_t i = 0; i < rule.remove.size(); ++i) {
    check_name(rule.remove[i], message(option, ".remove[", i, "]"), true);
    check_not_vary(rule.remove[i], message(option, ".remove[", i, "]"));
  }
  std::vector<std::string> set_names;
  for (size_t i = 0; i < rule.set.size(); ++i) {
    const std::string place = message(option, ".set[", i, "]");
    add_field(rule.set[i], place);
    check_not_vary(rule.set[i].name, place + ".name");
    if (contains_name(set_names, rule.set[i].name)) {
      problems.push_back(
          {place + ".name", message(rule.set[i].name, " is set twice; add the second one")});
    }
    set_names.push_back(rule.set[i].name);
  }
  for (size_t i = 0; i < rule.add.size(); ++i) {
    add_field(rule.add[i], message(option, ".add[", i, "]"));
  }
  if (own.lines.size() > kMaxLinesBytes) {
    problems.push_back({option, message("its fields have ", own.lines.size(), " bytes together; ",
                                        kMaxLinesBytes, " are allowed")});
  }
  own.erased = rule.remove;
  own.erased.insert(own.erased.end(), set_names.begin(), set_names.end());
  if (!own.erased.empty() || !own.lines.empty()) {
    compiled.edits.push_back(std::move(own));
  }
  return compiled;
}

}  // namespace sluice::rules
