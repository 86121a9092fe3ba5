#include "http/accept_encoding.h"

#include <algorithm>

#include "http/characters.h"
#include "http/list_elements.h"
#include "http/weight.h"

namespace sluice::http {

namespace {

constexpr int kLeastQuality = 1;

struct CodingName {
  std::string_view name;
  Coding coding;
};

constexpr CodingName kCodingNames[] = {{"gzip", Coding::kGzip},
                                       {"br", Coding::kBrotli},
                                       {"zstd", Coding::kZstd},
                                       {"identity", Coding::kIdentity},
                                       {"x-gzip", Coding::kGzip}};

}  // namespace

void EncodingPreferences::add(std::string_view field_value) noexcept {
  present_ = true;
  for_each_element(field_value, [this](std::string_view element) { add_element(element); });
}

void EncodingPreferences::add_element(std::string_view element) noexcept {
  // A semicolon announces a weight, so "gzip;" has an empty one, which is malformed.
  const bool weighted = element.find(';') != std::string_view::npos;
  const std::string_view name = take_part(element, ';');
  const std::optional<int> weight = weighted ? parse_weight(trim_blanks(element)) : kMaxWeight;
  if (!weight) {
    return;
  }
  const auto raise = [&weight](int16_t& quality) {
    quality = std::max(quality, static_cast<int16_t>(*weight));
  };
  if (name == "*") {
    raise(any_);
    return;
  }
  for (const CodingName& known : kCodingNames) {
    if (equal_ignoring_case(name, known.name)) {
      raise(named_[static_cast<size_t>(known.coding)]);
      return;
    }
  }
}

int EncodingPreferences::quality(Coding coding) const noexcept {
  if (!present_) {
    return kMaxWeight;
  }
  if (const int16_t named = named_[static_cast<size_t>(coding)]; named != kUnnamed) {
    return named;
  }
  if (any_ != kUnnamed) {
    return any_;
  }
  return coding == Coding::kIdentity ? kLeastQuality : 0;
}

std::optional<Coding> EncodingPreferences::best_of(CodingSet available) const noexcept {
  if (!present_ && available.contains(Coding::kIdentity)) {
    return Coding::kIdentity;
  }
  std::optional<Coding> best;
  int best_quality = 0;
  for (const Coding coding : {Coding::kBrotli, Coding::kZstd, Coding::kGzip, Coding::kIdentity}) {
    if (available.contains(coding) && quality(coding) > best_quality) {
      best = coding;
      best_quality = quality(coding);
    }
  }
  return best;
}

}  // namespace sluice::http
