// A response while a handler decides on it.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <sluice/response.h>

#include "base/slab_pool.h"
#include "files/open_file.h"
#include "http/method.h"
#include "http/multipart.h"
#include "http/range.h"
#include "http/response_head.h"
#include "transfer/body_source.h"
#include "transfer/transfer.h"

namespace sluice {

// How a client knows where a body ends that is written while it is sent (RFC 9112 §6.3).
enum class StreamFraming : uint8_t { kLength, kChunks, kUntilClose };

// The handler begins it once, appends its fields and names the body; the connection adds what is
// the connection's own, ends the head and sends it.
class ResponseDraft {
 public:
  // Room for a Location of 12 KiB, the lines of some header rules, and the other fields.
  static constexpr size_t kHeadBytes = 24 * 1024;
  // Of that, what the connection may add: "Connection: keep-alive" and the empty line.
  static constexpr size_t kConnectionBytes = 64;

  // `blocks` (of kHeadBytes at least) is where memory for the head comes from; `common_fields` go
  // into every response.
  ResponseDraft(SlabPool& blocks, std::string_view common_fields) noexcept
      : blocks_(blocks),
        storage_(blocks.take()),
        common_fields_(common_fields),
        head_(storage_.span()) {}
  ~ResponseDraft() { release_text(); }
  ResponseDraft(const ResponseDraft&) = delete;
  ResponseDraft& operator=(const ResponseDraft&) = delete;

  // Writes the status line and the common fields. Called again, it starts all over.
  http::HeadWriter& begin(int status) noexcept {
    status_ = status;
    head_ = http::HeadWriter(storage_.span());
    body_ = {};
    kept_.reset();
    boundary_.reset();
    fallback_ = false;
    error_page_ = false;
    return head_.status_line(status).raw(common_fields_);
  }

  // A short page that says what `status` means, with its Content-Length and Content-Type.
  // `fields` are complete lines that belong to the status ("Allow: GET, HEAD\r\n").
  void fail(int status, std::string_view fields = {}) noexcept;
  // Whether this is such a page, of an error.
  bool is_error_page() const noexcept { return error_page_ && status_ >= 400; }

  // 503: something is short that will not be for long (RFC 9110 §10.2.3).
  void refuse_for_now() noexcept { fail(503, "Retry-After: 1\r\n"); }

  // The page is this file instead; the rest of the head stays as it is. REQUIRES: fail() before.
  void replace_page(FileReference file) noexcept;

  // These add the fields that describe the body and name it. REQUIRES: begin() before.

  // Part of `file`, which is kept open until it is sent.
  void send_file(FileReference file, http::ByteRange range) noexcept;

  // Several parts of it, as multipart/byteranges (RFC 9110 §14.6). REQUIRES: kMultiple.
  void send_file_parts(FileReference file, const http::RangeSet& ranges) noexcept;

  // A text of its own. `held_bytes` says how much of them all there is, until it is sent; it
  // outlives the response.
  void send_text(std::string text, std::string_view media_type, uint64_t& held_bytes) noexcept;

  // A body that a program has made: `body` refers to what is in `kept`.
  void send_kept(BodySource body, std::unique_ptr<Response::Body> kept) noexcept;

  // The body is written by the Response::Stream that is in `kept`, to a client that understands
  // chunks or not (RFC 9112 §7.1).
  void send_stream(std::unique_ptr<Response::Body> kept, bool understands_chunks) noexcept;

  // What writes the body; null where nobody does.
  const Response::Stream* stream_for(http::Method method) const noexcept {
    if (kept_ == nullptr || method == http::Method::kHead) return nullptr;
    return std::get_if<Response::Stream>(kept_.get());
  }
  StreamFraming stream_framing() const noexcept { return stream_framing_; }
  // Whether only the end of the connection shows where the body ends.
  bool ends_connection() const noexcept {
    return kept_ != nullptr && stream_framing_ == StreamFraming::kUntilClose;
  }

  // The status is a program's choice, and says nothing of the connection.
  void mark_as_of_handler() noexcept { of_handler_ = true; }
  bool is_of_handler() const noexcept { return of_handler_; }

  // What is sent is a fallback, and not what the path names.
  void mark_as_fallback() noexcept { fallback_ = true; }
  bool is_fallback() const noexcept { return fallback_; }

  // Says again what clients need to take the body apart, after somebody has edited the head.
  void restore_framing_fields() noexcept;

  // How the body is sent.
  void set_send_options(SendOptions options) noexcept { send_options_ = options; }
  SendOptions send_options() const noexcept { return send_options_; }

  int status() const noexcept { return status_; }
  http::HeadWriter& head() noexcept { return head_; }

  // A response to HEAD is the same, without its body (RFC 9110 §9.3.2).
  BodySource body_for(http::Method method) const noexcept {
    return method == http::Method::kHead ? BodySource() : body_;
  }

 private:
  void release_text() noexcept {
    if (held_bytes_ != nullptr) *held_bytes_ -= text_.size();
    held_bytes_ = nullptr;
  }

  SlabPool& blocks_;
  SlabPool::Block storage_;
  std::string_view common_fields_;
  http::HeadWriter head_;
  int status_ = 0;
  bool fallback_ = false;
  bool error_page_ = false;
  bool of_handler_ = false;
  StreamFraming stream_framing_ = StreamFraming::kLength;
  BodySource body_;
  SendOptions send_options_;
  // What the body refers to.
  FileReference file_;
  std::unique_ptr<Response::Body> kept_;
  std::string text_;
  uint64_t* held_bytes_ = nullptr;  // includes text_
  SlabPool::Block part_heads_;
  std::optional<http::MultipartBoundary> boundary_;  // there exactly when the body is in parts
  std::array<FileParts::Part, http::kMaxRanges> parts_;
};

}  // namespace sluice
