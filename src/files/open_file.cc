#include "files/open_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "files/open_file_table.h"
#include "http/date.h"
#include "http/media_type.h"
#include "http/response_head.h"

namespace sluice {

Result<FileState> state_of(int fd) noexcept {
  struct statx answer;
  constexpr unsigned kWanted = STATX_TYPE | STATX_MODE | STATX_SIZE | STATX_MTIME | STATX_CTIME;
  // The inode of an open file is in memory, and AT_STATX_DONT_SYNC keeps a network file system from
  // asking its server: so this is called directly. On the ring it would cost a worker thread.
  if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, kWanted, &answer) != 0) {
    return std::unexpected(error_from_errno(errno, "statx"));
  }
  return FileState{.size_bytes = answer.stx_size,
                   .modified_seconds = answer.stx_mtime.tv_sec,
                   .modified_nanoseconds = answer.stx_mtime.tv_nsec,
                   .changed_seconds = answer.stx_ctime.tv_sec,
                   .changed_nanoseconds = answer.stx_ctime.tv_nsec,
                   .mode = answer.stx_mode};
}

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
