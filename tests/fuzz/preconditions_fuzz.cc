// evaluate_preconditions(), list_matches() and if_range_matches(). Input: what the entity tag holds
// ("-" for no tag); the modification time (a line that is empty for none); now; field lines.
#include <algorithm>
#include <optional>
#include <string>

#include "base/assert.h"
#include "fuzz/fuzz_head.h"
#include "fuzz/fuzz_input.h"
#include "http/characters.h"
#include "http/entity_tag.h"
#include "http/preconditions.h"

namespace sluice::fuzz {
namespace {

using http::FieldName;
using http::Method;
using http::RequestFields;
using http::TagComparison;
using http::Verdict;

// A tag that a server could have made: in its quotes, of visible bytes other than the quote.
std::string make_tag(std::string_view text) {
  if (text == "-") return "";
  std::string tag = "\"";
  std::ranges::copy_if(text, std::back_inserter(tag), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '"';
  });
  return tag + '"';
}

void check_lists(std::string_view value, std::string_view tag) {
  const bool weak = http::list_matches(value, tag, TagComparison::kWeak);
  const bool strong = http::list_matches(value, tag, TagComparison::kStrong);
  SLUICE_CHECK(weak || !strong);
  SLUICE_CHECK(!weak || (!tag.empty() && value.find(tag) != std::string_view::npos));
  if (tag.empty()) return;
  const std::string list = std::string(tag) + ", " + std::string(value);
  SLUICE_CHECK(http::list_matches(list, tag, TagComparison::kStrong));
  const std::string weak_tag = "W/" + std::string(tag);
  SLUICE_CHECK(http::list_matches(weak_tag, tag, TagComparison::kWeak));
  SLUICE_CHECK(!http::list_matches(weak_tag, tag, TagComparison::kStrong));
}

void check_if_range(const RequestFields& fields, const http::Validators& current) {
  const auto value = fields.value(FieldName::kIfRange);
  if (!value) return;
  const bool tag_alone = http::if_range_matches(*value, current.entity_tag, std::nullopt);
  SLUICE_CHECK(tag_alone == (!current.entity_tag.empty() && *value == current.entity_tag));
  if (value->starts_with('"')) {
    SLUICE_CHECK(tag_alone ==
                 http::if_range_matches(*value, current.entity_tag, current.last_modified));
  }
}

void check_verdicts(const RequestFields& fields, const http::Validators& current, int64_t now) {
  const auto verdict = [&](Method method) {
    return http::evaluate_preconditions(fields, method, current, now);
  };
  const bool if_match = fields.value(FieldName::kIfMatch).has_value();
  const bool if_none_match = fields.value(FieldName::kIfNoneMatch).has_value();
  const bool dates = current.last_modified.has_value();
  const bool may_fail = if_match || (dates && fields.value(FieldName::kIfUnmodifiedSince));
  const bool may_be_unmodified =
      if_none_match || (dates && fields.value(FieldName::kIfModifiedSince));
  const Verdict get = verdict(Method::kGet);
  const Verdict other = verdict(Method::kOther);
  SLUICE_CHECK(verdict(Method::kHead) == get);
  SLUICE_CHECK(other != Verdict::kNotModified);
  SLUICE_CHECK(get != Verdict::kFailed || may_fail);
  SLUICE_CHECK(get != Verdict::kNotModified || may_be_unmodified);
  SLUICE_CHECK(other != Verdict::kFailed || may_fail || if_none_match);
  SLUICE_CHECK((get == Verdict::kFailed) <= (other == Verdict::kFailed));
  if (fields.value(FieldName::kIfNoneMatch) == "*") SLUICE_CHECK(get != Verdict::kProceed);
  if (if_match && current.entity_tag.empty() && get != Verdict::kFailed) {
    bool any = false;
    fields.for_each(FieldName::kIfMatch, [&any](std::string_view value) { any |= value == "*"; });
    SLUICE_CHECK(any);
  }
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  fuzz::FuzzInput input(data, size);
  const std::string tag = fuzz::make_tag(input.line());
  fuzz::FuzzInput peek = input;
  std::optional<int64_t> modified = input.number<int64_t>();
  if (peek.line().empty()) modified.reset();
  const auto now = input.number<int64_t>();
  const http::Validators current{tag, modified};
  fuzz::check_lists(input.rest(), tag);
  const fuzz::FuzzHead source(input.rest());
  if (!source.complete()) return 0;
  const http::RequestFields fields(source.head());
  fuzz::check_if_range(fields, current);
  fuzz::check_verdicts(fields, current, now);
  return 0;
}
