// Reads one request off a connection (RFC 9112): the head into offsets, the body piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/connection_options.h"
#include "http/head_limits.h"
#include "http/host_field.h"
#include "http/request_head.h"
#include "http/request_line.h"
#include "http/transfer_codings.h"

namespace sluice::http {

// Incremental, strict: one reading of the bytes, or an error. The outcome does not depend on how
// the bytes are cut into pieces.
//
// llhttp parses, with no lenient flag but the one that leaves the version to be judged here. What
// it lets pass is checked besides: the request line (request_line.h), Host (RFC 9112 §3.2),
// transfer codings other than chunked or in HTTP/1.0 (§6.1), the sizes of everything; and neither
// Upgrade nor CONNECT makes it hand the connection over.
//
// The bytes of one head must end up contiguous in memory: either they arrived in one buffer and are
// parsed in place, or the caller appends every piece to one buffer. The parser keeps offsets from
// the first byte that it was fed and no pointers, so they may move until head() is called.
//
// One parser a request: construct it anew for the next one. No allocation, about 1 KiB.
class RequestParser {
 public:
  explicit RequestParser(const HeadLimits& limits) noexcept;
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  enum class State : uint8_t {
    kNeedMore,         // every byte was consumed, and more must come
    kHeadComplete,     // from parse_head(): the rest of the bytes is body, or the next request
    kMessageComplete,  // from parse_body(): the rest of the bytes is the next request
    kInvalid,          // answer error_status() and close: nothing that follows can be trusted
  };

  struct Step {
    State state;
    size_t consumed;  // bytes that belong to this request; without meaning after kInvalid
  };

  // Takes the next bytes of the head: kNeedMore, kHeadComplete or kInvalid.
  // A head that has reached limits.head_bytes without its end is invalid at once, so a caller with
  // a buffer of that size never meets a full buffer and kNeedMore.
  // REQUIRES: no kHeadComplete before. After kInvalid it stays kInvalid.
  Step parse_head(std::string_view bytes) noexcept;

  // Takes the next bytes of the body up to the end of some content, which `data` then refers to
  // within `bytes`: kNeedMore, kMessageComplete or kInvalid. Empty `data`: there is none in what
  // was consumed. After kNeedMore with bytes left, go on with those. May be called with no bytes: a
  // request without a body is complete at once. In a chunked body, extensions, trailers and padding
  // are discarded, but bounded: limits.head_bytes in all.
  // REQUIRES: kHeadComplete before.
  Step parse_body(std::string_view bytes, std::string_view& data) noexcept;

  // True exactly when the body comes in chunks; otherwise content_length() says how long it is.
  // REQUIRES: kHeadComplete before.
  bool chunked() const noexcept { return chunked_; }
  uint64_t content_length() const noexcept { return content_length_; }

  // REQUIRES: kInvalid before. 400, 414, 431, 501 or 505.
  int error_status() const noexcept { return error_status_; }

  // `base` points to the first byte that was ever fed to parse_head(). REQUIRES: kHeadComplete
  // before. The view refers to this parser and to the bytes.
  RequestHead head(const char* base) const noexcept { return {base, layout_}; }

  // True exactly when a byte of a request line has been seen: until then the connection is idle,
  // and an end of the stream is no error.
  bool started() const noexcept { return line_.started(); }

 private:
  struct Callbacks;
  enum class Phase : uint8_t { kHead, kBody, kComplete, kFailed };
  enum class Outcome : uint8_t { kContinue, kPaused, kInvalid };
  enum class FieldKind : uint8_t { kOrdinary, kHost, kConnection, kTransferEncoding };

  // `piece` begins at offset consumed_ of the head. Sets error_status_ with kInvalid, unless it
  // is 400.
  Outcome parse_line(std::string_view piece) noexcept;

  // Shows llhttp the next bytes, which begin `skipped` bytes into the piece. Sets piece_used_ with
  // kPaused, and method_unknown_ where that is the reason for kInvalid.
  Outcome execute(std::string_view bytes, size_t skipped) noexcept;

  Step complete_head() noexcept;
  int head_error() const noexcept;
  bool begin_chunk() noexcept;
  uint64_t framing_excess() const noexcept;
  bool framing_too_large() const noexcept;
  Step fail(int status) noexcept;

  void on_field_name(const char* at, size_t length) noexcept;
  bool on_field_name_complete() noexcept;
  void on_field_value(const char* at, size_t length) noexcept;
  void on_field_value_complete() noexcept;
  uint16_t offset_of(const char* at) const noexcept;

  static constexpr size_t kLongestKnownName = 17;  // Transfer-Encoding
  static constexpr size_t kParserStateBytes = 96;  // sizeof(llhttp_t); request_parser.cc checks

  HeadLimits limits_;
  Phase phase_ = Phase::kHead;
  FieldKind field_kind_ = FieldKind::kOrdinary;
  bool method_unknown_ = false;
  bool chunked_ = false;
  int error_status_ = 0;
  uint32_t host_count_ = 0;
  size_t consumed_ = 0;  // of the head

  // The piece that llhttp is reading: its first byte and that byte's offset in the head.
  const char* piece_ = nullptr;
  size_t piece_offset_ = 0;
  size_t piece_used_ = 0;  // after a pause: bytes of the piece before it

  uint64_t content_length_ = 0;
  std::string_view data_;  // what llhttp has come upon

  // A chunked body: bytes read; where the bytes between data that come next begin (the end of a
  // chunk, a chunk-size line, trailers); what those held so far beyond what a chunk needs.
  uint64_t body_consumed_ = 0;
  uint64_t framing_begin_ = 0;
  uint64_t framing_excess_ = 0;

  RequestLine line_;
  HostCheck host_;
  ConnectionOptions connection_;
  TransferCodings transfer_codings_;
  HeadSpan field_name_{0, 0};  // of the current field
  size_t name_length_ = 0;
  char name_[kLongestKnownName];  // the current field's, if it is no longer than this
  alignas(8) std::byte llhttp_[kParserStateBytes];
  HeadLayout layout_;
};

}  // namespace sluice::http
