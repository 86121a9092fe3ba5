#include "http/request_head.h"

#include "base/assert.h"
#include "http/characters.h"

namespace sluice::http {

Field RequestHead::field(size_t i) const noexcept {
  SLUICE_ASSERT(i < layout_->field_count);
  const FieldSpan& span = layout_->fields[i];
  return {text(span.name), trim_blanks(text(span.value))};
}

std::optional<std::string_view> RequestHead::find(std::string_view name) const noexcept {
  for (size_t i = 0; i < layout_->field_count; ++i) {
    const FieldSpan& span = layout_->fields[i];
    if (span.name.length == name.size() && equal_ignoring_case(text(span.name), name)) {
      return trim_blanks(text(span.value));
    }
  }
  return std::nullopt;
}

}  // namespace sluice::http
