#include "files/open_file.h"

#include <algorithm>
#include <ctime>

#include "files/open_file_table.h"
#include "http/date.h"
#include "http/media_type.h"
#include "http/response_head.h"

namespace sluice {

namespace {

// Reproducible builds and package stores set every time to 0 or 1, which tells no file from
// another.
constexpr bool tells_something(int64_t modified_seconds) noexcept {
  return modified_seconds != 0 && modified_seconds != 1;
}

std::string_view content_coding_field(http::Coding coding) noexcept {
  switch (coding) {
    case http::Coding::kGzip:
      return "Content-Encoding: gzip\r\n";
    case http::Coding::kBrotli:
      return "Content-Encoding: br\r\n";
    case http::Coding::kZstd:
      return "Content-Encoding: zstd\r\n";
    case http::Coding::kIdentity:
      break;
  }
  return "";
}

}  // namespace

std::optional<int64_t> OpenFile::last_modified() const noexcept {
  if (!tells_something(modified_seconds_)) return std::nullopt;
  return modified_seconds_;
}

void OpenFile::describe(const FileRequest& request) noexcept {
  coding_ = request.coding;
  media_type_ = request.media_type.empty() ? http::media_type(path_) : request.media_type;
  compressible_ = http::compressible(media_type_);
  compressed_by_itself_ = http::compressed_by_itself(media_type_);
  // RFC 9110 §8.8.2.1: never later than the response.
  modified_seconds_ = std::min<int64_t>(state_.modified_seconds, time(nullptr));
  entity_tag_ = {};
  wants_content_tag_ = false;
  variants_.reset();
  if (request.made_from != nullptr) {
    modified_seconds_ = request.made_from->modified_seconds_;
    entity_tag_ = http::with_coding(request.made_from->entity_tag_, coding_);
  } else if (request.entity_tags == EntityTags::kContent ||
             (request.entity_tags == EntityTags::kModified && !last_modified())) {
    wants_content_tag_ = true;
  } else if (request.entity_tags == EntityTags::kModified) {
    entity_tag_ =
        http::with_coding(http::make_entity_tag(state_.size_bytes, state_.modified_seconds,
                                                state_.modified_nanoseconds),
                          coding_);
  }
  prepare_fields();
}

void OpenFile::prepare_fields() noexcept {
  http::HeadWriter writer(prepared_fields_);
  writer.field("Content-Type", media_type_)
      .raw(content_coding_field(coding_))
      .raw("Accept-Ranges: bytes\r\n");
  const size_t date_begin = writer.view().size();
  if (const auto modified = last_modified()) {
    char date[http::kDateLength];
    http::write_date(*modified, date);
    writer.field("Last-Modified", std::string_view(date, sizeof date));
  }
  const size_t tag_begin = writer.view().size();
  if (!entity_tag_.empty()) writer.field("ETag", entity_tag_.view());
  SLUICE_CHECK(writer.ok());
  prepared_length_ = writer.view().size();
  validators_begin_ = entity_tag_.empty() ? date_begin : tag_begin;
  validators_length_ = prepared_length_ - validators_begin_;
}

FileReference::~FileReference() {
  if (file_ == nullptr) return;
  --file_->reference_count_;
  file_->table_->dropped(*file_);
}

}  // namespace sluice
