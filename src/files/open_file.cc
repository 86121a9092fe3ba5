#include "files/open_file.h"

#include <algorithm>
#include <ctime>

#include "files/open_file_table.h"
#include "http/date.h"
#include "http/media_type.h"
#include "http/response_head.h"

namespace sluice {

void OpenFile::prepare_fields() noexcept {
  entity_tag_ = http::make_entity_tag(state_.size_bytes, state_.modified_seconds,
                                      state_.modified_nanoseconds);
  char date[http::kDateLength];
  // RFC 9110 §8.8.2.1: never later than the response.
  http::write_date(std::min<int64_t>(state_.modified_seconds, time(nullptr)), date);
  http::HeadWriter writer(prepared_fields_);
  writer.field("Content-Type", http::media_type(path_))
      .field("Last-Modified", std::string_view(date, sizeof date))
      .field("ETag", entity_tag_.view())
      .raw("Accept-Ranges: bytes\r\n");
  SLUICE_CHECK(writer.ok());
  prepared_length_ = writer.view().size();
}

FileReference::~FileReference() {
  if (file_ == nullptr) return;
  --file_->reference_count_;
  file_->table_->dropped(*file_);
}

}  // namespace sluice
