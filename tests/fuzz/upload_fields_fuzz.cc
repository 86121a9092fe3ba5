// The fields of resumable uploads and the items of structured fields. Input: the offset; the length
// that is known; the Content-Length (a line that is empty for none); field lines.
#include <optional>
#include <string>

#include "base/assert.h"
#include "fuzz/fuzz_head.h"
#include "fuzz/fuzz_input.h"
#include "http/structured_field.h"
#include "http/upload_fields.h"

namespace sluice::fuzz {
namespace {

void check_items(std::string_view value) {
  const std::optional<int64_t> number = http::parse_integer_item(value);
  const std::optional<bool> flag = http::parse_boolean_item(value);
  SLUICE_CHECK(!number || !flag);
  const std::string with_parameter = std::string(value) + ";a=1";
  const bool ends_in_blank = value.ends_with(' ');
  if (number) {
    SLUICE_CHECK(*number <= http::kMaxStructuredInteger && -*number <= http::kMaxStructuredInteger);
    SLUICE_CHECK(http::parse_integer_item(std::to_string(*number)) == number);
    SLUICE_CHECK(ends_in_blank || http::parse_integer_item(with_parameter) == number);
  }
  if (flag) SLUICE_CHECK(ends_in_blank || http::parse_boolean_item(with_parameter) == flag);
}

void check_fields(const http::RequestHead& head, uint64_t offset, std::optional<uint64_t> known,
                  std::optional<uint64_t> content_length) {
  const http::UploadFields fields = http::read_upload_fields(head);
  constexpr auto kMost = static_cast<uint64_t>(http::kMaxStructuredInteger);
  SLUICE_CHECK(fields.offset.value_or(0) <= kMost && fields.length.value_or(0) <= kMost);
  const http::UploadLength result = http::upload_length(fields, content_length, offset, known);
  if (result.inconsistent) return;
  SLUICE_CHECK(!known || result.length == known);
  SLUICE_CHECK(!fields.length || result.length == fields.length);
  if (result.length) {
    SLUICE_CHECK(offset <= *result.length);
    SLUICE_CHECK(content_length.value_or(0) <= *result.length - offset);
  }
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  fuzz::FuzzInput input(data, size);
  const uint64_t offset = input.number();
  const auto optional_number = [&input]() -> std::optional<uint64_t> {
    const uint64_t number = input.number();
    return number == 0 ? std::nullopt : std::optional(number - 1);
  };
  const auto known = optional_number();
  const auto content_length = optional_number();
  const fuzz::FuzzHead head(input.rest());
  if (!head.complete()) return 0;
  for (size_t i = 0; i < head.head().field_count(); ++i) {
    fuzz::check_items(head.head().field(i).value);
  }
  fuzz::check_fields(head.head(), offset, known, content_length);
  http::has_partial_upload_type(head.head());
  return 0;
}
