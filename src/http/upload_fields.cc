#include "http/upload_fields.h"

#include <array>
#include <limits>

#include "http/characters.h"
#include "http/structured_field.h"

namespace sluice::http {

namespace {

// The value of the only field of that name: several lines are a list, which is no item.
struct OnlyField {
  std::string_view name;
  // NOLINTNEXTLINE(readability-redundant-member-init): without it, it could not be left out
  std::string_view value = {};
  size_t count = 0;
};

template <class Value, class Parse, class Accept>
std::optional<Value> read(const OnlyField& field, Parse parse, Accept accept,
                          bool& malformed) noexcept {
  if (field.count == 0) return std::nullopt;
  const auto value = field.count == 1 ? parse(field.value) : std::nullopt;
  if (value && accept(*value)) return static_cast<Value>(*value);
  malformed = true;
  return std::nullopt;
}

}  // namespace

UploadFields read_upload_fields(const RequestHead& head) noexcept {
  std::array<OnlyField, 4> found = {{{.name = "upload-complete"},
                                     {.name = "upload-offset"},
                                     {.name = "upload-length"},
                                     {.name = "upload-draft-interop-version"}}};
  for (size_t i = 0; i < head.field_count(); ++i) {
    const Field field = head.field(i);
    for (OnlyField& wanted : found) {
      if (!equal_ignoring_case(field.name, wanted.name)) continue;
      wanted.value = field.value;
      ++wanted.count;
    }
  }
  const auto any = [](bool) { return true; };
  const auto not_negative = [](int64_t value) { return value >= 0; };
  UploadFields fields;
  fields.complete = read<bool>(found[0], parse_boolean_item, any, fields.malformed);
  fields.offset = read<uint64_t>(found[1], parse_integer_item, not_negative, fields.malformed);
  fields.length = read<uint64_t>(found[2], parse_integer_item, not_negative, fields.malformed);
  const auto version = read<int64_t>(found[3], parse_integer_item, not_negative, fields.malformed);
  const bool known =
      version && *version >= kFirstUploadInteropVersion && *version <= kLastUploadInteropVersion;
  if (known) fields.interop_version = version;
  return fields;
}

bool has_partial_upload_type(const RequestHead& head) noexcept {
  std::string_view type = head.find("content-type").value_or(std::string_view());
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return equal_ignoring_case(type, kPartialUploadType);
}

UploadLength upload_length(const UploadFields& fields, std::optional<uint64_t> content_length,
                           uint64_t offset, std::optional<uint64_t> known) noexcept {
  UploadLength result{.length = known};
  const auto indicate = [&result](uint64_t length) {
    result.inconsistent = result.inconsistent || result.length.value_or(length) != length;
    result.length = length;
  };
  if (fields.length) indicate(*fields.length);
  if (content_length) {
    const bool fits = *content_length <= std::numeric_limits<uint64_t>::max() - offset;
    const uint64_t end = fits ? offset + *content_length : std::numeric_limits<uint64_t>::max();
    if (fields.complete.value_or(false)) indicate(end);
  }
  // What is sent now must not go beyond the end, either.
  if (result.length) {
    const bool room =
        *result.length >= offset && content_length.value_or(0) <= *result.length - offset;
    result.inconsistent = result.inconsistent || !room;
  }
  return result;
}

}  // namespace sluice::http
