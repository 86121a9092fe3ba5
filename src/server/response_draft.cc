#include "server/response_draft.h"

#include <sys/random.h>

#include <utility>

#include "http/error_page.h"

namespace sluice {

void ResponseDraft::fail(int status, std::string_view fields) noexcept {
  const std::string_view page = http::error_page(status);
  begin(status)
      .raw(fields)
      .field("Content-Type", "text/html; charset=utf-8")
      .field("Content-Length", page.size());
  body_ = MemoryBody{page};
  error_page_ = true;
}

void ResponseDraft::replace_page(FileReference file) noexcept {
  head_.erase("Content-Type");
  head_.erase("Content-Length");
  head_.field("Content-Type", file->media_type());
  const uint64_t size = file->state().size_bytes;
  send_file(std::move(file), {0, size});
  error_page_ = false;
}

void ResponseDraft::send_file(FileReference file, http::ByteRange range) noexcept {
  head_.field("Content-Length", range.length);
  body_ = FileRange{file->fd(), range.first, range.length, file->memory()};
  file_ = std::move(file);
}

void ResponseDraft::send_file_parts(FileReference file, const http::RangeSet& ranges) noexcept {
  uint64_t random[2];
  // Cannot fail once the system has started (getrandom(2)).
  [[maybe_unused]] const ssize_t got = getrandom(random, sizeof random, 0);
  boundary_.emplace(random[0], random[1]);
  part_heads_ = blocks_.take();
  static_assert(http::multipart_capacity(http::kMaxRanges) <= kHeadBytes);
  const auto framing = http::write_multipart(ranges, file->state().size_bytes, file->media_type(),
                                             *boundary_, part_heads_.span());
  if (!framing) return fail(500);

  head_.erase("Content-Type");
  head_.field("Content-Type", boundary_->content_type())
      .field("Content-Length", framing->content_length());
  for (size_t i = 0; i < ranges.count; ++i) {
    const http::ByteRange range = ranges.ranges[i];
    parts_[i] = {framing->part_head(i), {file->fd(), range.first, range.length, file->memory()}};
  }
  body_ = FileParts{std::span(parts_).first(ranges.count), framing->end()};
  file_ = std::move(file);
}

void ResponseDraft::send_kept(BodySource body, std::unique_ptr<Response::Body> kept) noexcept {
  stream_framing_ = StreamFraming::kLength;
  body_ = body;
  kept_ = std::move(kept);
}

void ResponseDraft::send_stream(std::unique_ptr<Response::Body> kept,
                                bool understands_chunks) noexcept {
  kept_ = std::move(kept);
  if (const auto length = std::get<Response::Stream>(*kept_).length) {
    stream_framing_ = StreamFraming::kLength;
    head_.field("Content-Length", *length);
  } else if (understands_chunks) {
    stream_framing_ = StreamFraming::kChunks;
    head_.field("Transfer-Encoding", "chunked");
  } else {
    stream_framing_ = StreamFraming::kUntilClose;
  }
}

void ResponseDraft::restore_framing_fields() noexcept {
  if (!boundary_) return;
  head_.erase("Content-Type");
  head_.field("Content-Type", boundary_->content_type());
}

void ResponseDraft::send_text(std::string text, std::string_view media_type,
                              uint64_t& held_bytes) noexcept {
  release_text();
  text_ = std::move(text);
  held_bytes_ = &held_bytes;
  held_bytes += text_.size();
  head_.field("Content-Type", media_type).field("Content-Length", text_.size());
  body_ = MemoryBody{text_};
}

}  // namespace sluice
