#include "http/accept.h"

#include <algorithm>

#include "http/characters.h"
#include "http/list_elements.h"
#include "http/weight.h"

namespace sluice::http {

namespace {

struct MediaRange {
  std::string_view type;
  std::string_view subtype;
  int quality = kMaxWeight;
  int parameter_count = 0;   // besides the weight
  bool charset_utf8 = true;  // all of them
};

bool is_charset_utf8(std::string_view parameter) noexcept {
  return equal_ignoring_case(parameter, "charset=utf-8") ||
         equal_ignoring_case(parameter, "charset=\"utf-8\"");
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

// Nothing if it is malformed. What parameters other than the weight look like does not matter.
std::optional<MediaRange> parse_media_range(std::string_view element) noexcept {
  MediaRange range;
  const std::string_view full_type = take_part(element, ';');
  const size_t slash = full_type.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  range.type = full_type.substr(0, slash);
  range.subtype = full_type.substr(slash + 1);
  const bool half_wild = range.type == "*" && range.subtype != "*";
  if (!is_token(range.type) || !is_token(range.subtype) || half_wild) {
    return std::nullopt;
  }
  while (!element.empty()) {
    const std::string_view parameter = take_part(element, ';');
    if (is_weight(parameter)) {
      const std::optional<int> quality = parse_weight(parameter);
      if (!quality) {
        return std::nullopt;
      }
      range.quality = *quality;
    } else if (!parameter.empty()) {
      ++range.parameter_count;
      range.charset_utf8 = range.charset_utf8 && is_charset_utf8(parameter);
    }
  }
  return range;
}

// 0 if the range does not match.
int specificity(const MediaRange& range, std::string_view type, std::string_view subtype) noexcept {
  if (!range.charset_utf8) {
    return 0;
  }
  const int parameters = range.parameter_count > 0 ? 1 : 0;
  if (range.type == "*") {
    return 1 + parameters;
  }
  if (!equal_ignoring_case(range.type, type)) {
    return 0;
  }
  if (range.subtype == "*") {
    return 3 + parameters;
  }
  return equal_ignoring_case(range.subtype, subtype) ? 5 + parameters : 0;
}

}  // namespace

int media_quality(std::string_view accept, std::string_view type) noexcept {
  const size_t slash = std::min(type.find('/'), type.size());
  const std::string_view subtype = type.substr(std::min(slash + 1, type.size()));
  int best_specificity = 0;
  int quality = 0;
  for_each_element(accept, [&](std::string_view element) {
    const auto range = parse_media_range(element);
    const int found = range ? specificity(*range, type.substr(0, slash), subtype) : 0;
    if (found == 0 || found < best_specificity) {
      return;
    }
    quality = found > best_specificity ? range->quality : std::max(quality, range->quality);
    best_specificity = found;
  });
  return quality;
}

bool prefers_json(std::optional<std::string_view> accept) noexcept {
  if (!accept) return false;
  const int json = media_quality(*accept, "application/json");
  const int html = media_quality(*accept, "text/html");
  if (json != html) return json > html;
  // "application/json, */*": the one that is named is meant.
  bool named = false;
  for_each_element(*accept, [&named](std::string_view element) {
    const auto range = parse_media_range(element);
    named = named || (range && equal_ignoring_case(range->type, "application") &&
                      equal_ignoring_case(range->subtype, "json"));
  });
  return json > 0 && named && !names_html(accept);
}

bool names_html(std::optional<std::string_view> accept) noexcept {
  bool named = false;
  for_each_element(accept.value_or(""), [&named](std::string_view element) {
    const auto range = parse_media_range(element);
    if (!range || range->quality == 0) {
      return;
    }
    const bool html =
        equal_ignoring_case(range->type, "text") && equal_ignoring_case(range->subtype, "html");
    const bool xhtml = equal_ignoring_case(range->type, "application") &&
                       equal_ignoring_case(range->subtype, "xhtml+xml");
    named = named || html || xhtml;
  });
  return named;
}

bool is_navigation(std::optional<std::string_view> sec_fetch_mode,
                   std::optional<std::string_view> accept) noexcept {
  if (sec_fetch_mode) {
    return equal_ignoring_case(trim_blanks(*sec_fetch_mode), "navigate");
  }
  return names_html(accept);
}

}  // namespace sluice::http
