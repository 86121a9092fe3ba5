#include "http/preconditions.h"

#include "http/date.h"
#include "http/entity_tag.h"

namespace sluice::http {

namespace {

bool any_line_matches(const RequestFields& fields, FieldName name, std::string_view entity_tag,
                      TagComparison comparison) noexcept {
  bool matches = false;
  fields.for_each(name, [&](std::string_view line) {
    matches = matches || line == "*" || list_matches(line, entity_tag, comparison);
  });
  return matches;
}

std::optional<int64_t> only_date(const RequestFields& fields, FieldName name,
                                 int64_t now_seconds) noexcept {
  const auto value = fields.value(name);
  if (!value || fields.repeated(name)) {
    return std::nullopt;
  }
  return parse_date(*value, now_seconds);
}

bool is_what_client_expects(const RequestFields& fields, const Validators& current,
                            int64_t now_seconds) noexcept {
  if (fields.value(FieldName::kIfMatch)) {
    return any_line_matches(fields, FieldName::kIfMatch, current.entity_tag,
                            TagComparison::kStrong);
  }
  const auto date = only_date(fields, FieldName::kIfUnmodifiedSince, now_seconds);
  return !date || !current.last_modified || *current.last_modified <= *date;
}

bool is_read(Method method) noexcept { return method == Method::kGet || method == Method::kHead; }

bool client_has_it(const RequestFields& fields, Method method, const Validators& current,
                   int64_t now_seconds) noexcept {
  if (fields.value(FieldName::kIfNoneMatch)) {
    return any_line_matches(fields, FieldName::kIfNoneMatch, current.entity_tag,
                            TagComparison::kWeak);
  }
  if (!is_read(method)) {
    return false;
  }
  const auto date = only_date(fields, FieldName::kIfModifiedSince, now_seconds);
  return date && current.last_modified && *current.last_modified <= *date;
}

}  // namespace

Verdict evaluate_preconditions(const RequestFields& fields, Method method,
                               const Validators& current, int64_t now_seconds) noexcept {
  if (!is_what_client_expects(fields, current, now_seconds)) {
    return Verdict::kFailed;
  }
  if (client_has_it(fields, method, current, now_seconds)) {
    return is_read(method) ? Verdict::kNotModified : Verdict::kFailed;
  }
  return Verdict::kProceed;
}

Verdict evaluate_preconditions_of_nothing(const RequestFields& fields) noexcept {
  return fields.value(FieldName::kIfMatch) ? Verdict::kFailed : Verdict::kProceed;
}

}  // namespace sluice::http
