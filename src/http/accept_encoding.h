// Which content codings a client takes (RFC 9110 §12.5.3, §12.4.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "http/request_fields.h"

namespace sluice::http {

enum class Coding : uint8_t { kIdentity, kGzip, kBrotli, kZstd };

inline constexpr size_t kCodingCount = 4;

// The codings that a representation is available in.
class CodingSet {
 public:
  constexpr CodingSet() noexcept = default;
  constexpr CodingSet(std::initializer_list<Coding> codings) noexcept {
    for (const Coding coding : codings) add(coding);
  }

  constexpr void add(Coding coding) noexcept { bits_ = static_cast<uint8_t>(bits_ | bit(coding)); }
  constexpr void remove(Coding coding) noexcept {
    bits_ = static_cast<uint8_t>(bits_ & ~bit(coding));
  }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  constexpr bool contains(Coding coding) const noexcept { return (bits_ & bit(coding)) != 0; }

 private:
  static constexpr uint8_t bit(Coding coding) noexcept {
    return static_cast<uint8_t>(1U << static_cast<unsigned>(coding));
  }

  uint8_t bits_ = 0;
};

// What Accept-Encoding says of each coding.
//
// Names are compared in any case, and x-gzip is gzip. An element that is malformed (no token, a
// weight out of its grammar, another parameter) is skipped, as are codings that sluice does not
// know. Of several elements for one coding the highest weight counts.
class EncodingPreferences {
 public:
  // A request without the field.
  EncodingPreferences() noexcept = default;

  // All Accept-Encoding fields of a request.
  explicit EncodingPreferences(const RequestFields& fields) noexcept {
    fields.for_each(FieldName::kAcceptEncoding, [this](std::string_view value) { add(value); });
  }

  // Takes the value of one more field. An empty one says that identity alone is wanted.
  void add(std::string_view field_value) noexcept;

  // From 0, not acceptable, to 1000. Without the field everything is acceptable: 1000. Otherwise
  // what an element says; else what "*" says; else nothing, except for identity, which is
  // acceptable unless it is excluded, but less than whatever was named: 1.
  int quality(Coding coding) const noexcept;

  // The best of `available`: the highest quality, and of equal ones the first of br, zstd, gzip,
  // identity. Without the field identity comes first, since a client that says nothing may
  // understand nothing. Nothing if none is acceptable (406, RFC 9110 §15.5.7).
  std::optional<Coding> best_of(CodingSet available) const noexcept;

 private:
  static constexpr int16_t kUnnamed = -1;

  void add_element(std::string_view element) noexcept;

  bool present_ = false;
  int16_t any_ = kUnnamed;  // "*"
  int16_t named_[kCodingCount] = {kUnnamed, kUnnamed, kUnnamed, kUnnamed};
};

}  // namespace sluice::http
