// The fields of a request that sluice acts on, found in one pass (RFC 9110 §5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/request_head.h"

namespace sluice::http {

enum class FieldName : uint8_t {
  kHost,
  kRange,
  kIfRange,
  kIfMatch,
  kIfNoneMatch,
  kIfModifiedSince,
  kIfUnmodifiedSince,
  kAccept,
  kAcceptEncoding,
  kAuthorization,
  kExpect,
  kOrigin,
  kAccessControlRequestMethod,
  kSecFetchMode,
  kCount,  // how many there are, and what every other name is
};

// Which field a name is of, in any case; kCount for one that sluice does not know. The length is
// compared first, so that most other names are told apart by that alone.
FieldName recognise_field_name(std::string_view name) noexcept;

// Where the known fields of a head are. Made once a request; reading it costs one look-up. As
// RequestHead, a view: valid as long as the bytes and the parser that the head is of.
class RequestFields {
 public:
  explicit RequestFields(const RequestHead& head) noexcept;

  // The value of the first field of that name, without the blanks around it; nothing if there is
  // none. REQUIRES: not kCount.
  std::optional<std::string_view> value(FieldName name) const noexcept;

  // True exactly when more than one field has that name.
  bool repeated(FieldName name) const noexcept { return (repeated_ >> bit_of(name) & 1U) != 0; }

  // Calls `on_value(std::string_view)` for the value of every field of that name, in their order:
  // several fields are one list (RFC 9110 §5.3).
  template <class OnValue>
  void for_each(FieldName name, OnValue&& on_value) const noexcept {
    if (!repeated(name)) {
      if (const auto only = value(name)) on_value(*only);
      return;
    }
    for (size_t i = first_[bit_of(name)]; i < head_.field_count(); ++i) {
      const Field field = head_.field(i);
      if (recognise_field_name(field.name) == name) on_value(field.value);
    }
  }

 private:
  static constexpr size_t kNameCount = static_cast<size_t>(FieldName::kCount);
  static constexpr uint8_t kAbsent = 0xff;
  static_assert(kNameCount <= 16 && kMaxFieldCount < kAbsent);

  static constexpr size_t bit_of(FieldName name) noexcept { return static_cast<size_t>(name); }

  RequestHead head_;
  uint16_t repeated_ = 0;      // a bit a name
  uint8_t first_[kNameCount];  // which field of the head, or kAbsent
};

}  // namespace sluice::http
