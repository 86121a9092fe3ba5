#include "server/file_response.h"

#include <ctime>
#include <optional>
#include <utility>

#include "http/preconditions.h"

namespace sluice {

namespace {

std::string_view vary_field(bool varies) noexcept {
  return varies ? kVaryByEncoding : std::string_view();
}

http::RangeSet ranges_for(const SiteRequest& request, const OpenFile& file, bool varies) noexcept {
  const uint64_t size = file.state().size_bytes;
  const auto range = request.fields.value(http::FieldName::kRange);
  // A second Range field makes the first one ambiguous; a server may ignore both.
  const bool usable = range && request.method() == http::Method::kGet &&
                      !request.fields.repeated(http::FieldName::kRange) &&
                      range_condition_holds(request, file, varies);
  if (usable) return http::choose_ranges(*range, size);
  http::RangeSet whole;
  whole.kind = http::RangeKind::kWhole;
  whole.count = 0;
  return whole;
}

void respond_with_content(const SiteRequest& request, FileReference file, bool varies,
                          ResponseDraft& response) noexcept {
  const http::RangeSet ranges = ranges_for(request, *file, varies);
  const std::string_view vary = vary_field(varies);
  const uint64_t size = file->state().size_bytes;
  switch (ranges.kind) {
    case http::RangeKind::kWhole:
      response.begin(200).raw(file->prepared_fields()).raw(vary);
      response.send_file(std::move(file), {0, size});
      return;
    case http::RangeKind::kSingle: {
      char content_range[http::kContentRangeCapacity];
      const size_t length = http::write_content_range(ranges.ranges[0], size, content_range);
      response.begin(206)
          .raw(file->prepared_fields())
          .raw(vary)
          .field("Content-Range", std::string_view(content_range, length));
      response.send_file(std::move(file), ranges.ranges[0]);
      return;
    }
    case http::RangeKind::kMultiple:
      response.begin(206).raw(file->prepared_fields()).raw(vary);
      response.send_file_parts(std::move(file), ranges);
      return;
    case http::RangeKind::kUnsatisfiable: {
      char content_range[http::kContentRangeCapacity];
      const size_t length = http::write_unsatisfied_range(size, content_range);
      response.fail(416, vary);
      response.head().field("Content-Range", std::string_view(content_range, length));
      return;
    }
  }
}

}  // namespace

bool range_condition_holds(const SiteRequest& request, const OpenFile& file, bool varies) noexcept {
  const auto condition = request.fields.value(http::FieldName::kIfRange);
  if (!condition) return true;
  if (request.fields.repeated(http::FieldName::kIfRange)) return false;
  std::optional<int64_t> date = file.last_modified();
  if (varies || (date && *date >= time(nullptr))) date.reset();
  return http::if_range_matches(*condition, file.entity_tag().view(), date);
}

void respond_with_file(const SiteRequest& request, FileReference file, bool varies,
                       ResponseDraft& response) noexcept {
  const http::Validators validators{file->entity_tag().view(), file->last_modified()};
  switch (
      http::evaluate_preconditions(request.fields, request.method(), validators, time(nullptr))) {
    case http::Verdict::kProceed:
      respond_with_content(request, std::move(file), varies, response);
      return;
    case http::Verdict::kNotModified:
      response.begin(304).raw(file->validator_fields()).raw(vary_field(varies));
      return;
    case http::Verdict::kFailed:
      response.fail(412, vary_field(varies));
      return;
  }
}

}  // namespace sluice
