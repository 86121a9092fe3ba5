#include "http/request_fields.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/assert.h"
#include "http/characters.h"

namespace sluice::http {

namespace {

// In the order of FieldName.
constexpr auto kNames = std::to_array<std::string_view>(
    {"Host", "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since",
     "If-Unmodified-Since", "Accept", "Accept-Encoding", "Authorization", "Expect", "Origin",
     "Access-Control-Request-Method", "Sec-Fetch-Mode"});
static_assert(kNames.size() == static_cast<size_t>(FieldName::kCount));

constexpr size_t kLongestName = std::ranges::max(kNames, {}, &std::string_view::size).size();

consteval std::array<uint16_t, kLongestName + 1> make_names_by_length() {
  std::array<uint16_t, kLongestName + 1> names{};
  for (size_t i = 0; i < kNames.size(); ++i) {
    names[kNames[i].size()] = static_cast<uint16_t>(names[kNames[i].size()] | 1U << i);
  }
  return names;
}

// A bit for each name of that length.
constexpr auto kNamesByLength = make_names_by_length();

}  // namespace

FieldName recognise_field_name(std::string_view name) noexcept {
  if (name.size() > kLongestName) {
    return FieldName::kCount;
  }
  for (uint32_t left = kNamesByLength[name.size()]; left != 0; left &= left - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(left));
    if (equal_ignoring_case(name, kNames[i])) {
      return static_cast<FieldName>(i);
    }
  }
  return FieldName::kCount;
}

RequestFields::RequestFields(const RequestHead& head) noexcept : head_(head) {
  std::ranges::fill(first_, kAbsent);
  for (size_t i = 0; i < head.field_count(); ++i) {
    const FieldName name = recognise_field_name(head.field(i).name);
    if (name == FieldName::kCount) {
      continue;
    }
    uint8_t& first = first_[bit_of(name)];
    if (first == kAbsent) {
      first = static_cast<uint8_t>(i);
    } else {
      repeated_ = static_cast<uint16_t>(repeated_ | 1U << bit_of(name));
    }
  }
}

std::optional<std::string_view> RequestFields::value(FieldName name) const noexcept {
  SLUICE_ASSERT(name < FieldName::kCount);
  const uint8_t first = first_[bit_of(name)];
  if (first == kAbsent) {
    return std::nullopt;
  }
  return head_.field(first).value;
}

}  // namespace sluice::http
