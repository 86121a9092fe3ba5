#include "rules/hashed_name.h"

#include <algorithm>

#include "http/characters.h"

namespace sluice::rules {

namespace {

constexpr size_t kMinHashSize = 8;

bool is_letter(char c) noexcept {
  const char lower = http::to_lower(c);
  return lower >= 'a' && lower <= 'z';
}

bool is_hash(std::string_view part) noexcept {
  return part.size() >= kMinHashSize && std::ranges::any_of(part, http::is_digit) &&
         std::ranges::any_of(part, is_letter) &&
         std::ranges::all_of(part, [](char c) { return http::is_digit(c) || is_letter(c); });
}

}  // namespace

bool is_hashed_name(std::string_view path) noexcept {
  std::string_view name = path.substr(path.rfind('/') + 1);
  const size_t extension = name.rfind('.');
  if (extension == std::string_view::npos) {
    return false;
  }
  name = name.substr(0, extension);
  constexpr std::string_view kSeparators = ".-_";
  for (size_t at = name.find_first_of(kSeparators); at != std::string_view::npos;
       at = name.find_first_of(kSeparators)) {
    name.remove_prefix(at + 1);
    if (is_hash(name.substr(0, name.find_first_of(kSeparators)))) {
      return true;
    }
  }
  return false;
}

}  // namespace sluice::rules
