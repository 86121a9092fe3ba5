// The head of a request, read-only (RFC 9112 §3, RFC 9110 §5 and §6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/head_limits.h"
#include "http/method.h"

namespace sluice::http {

struct Field {
  std::string_view name;   // as it was sent: compare it without regard to case
  std::string_view value;  // without the whitespace around it
};

// Where a part of the head lies, counted from the head's first byte.
struct HeadSpan {
  uint16_t begin;
  uint16_t length;
};

struct FieldSpan {
  HeadSpan name;
  HeadSpan value;  // whitespace before the value is left out, whitespace after it is not
};

// What RequestParser learns of a head; RequestHead reads it. `fields` is left uninitialised beyond
// `field_count` on purpose: a parser is made for every request.
struct HeadLayout {
  HeadSpan method;
  HeadSpan target;
  uint16_t field_count;
  Method method_kind;
  uint8_t minor_version;
  bool keep_alive;
  bool has_body;
  FieldSpan fields[kMaxFieldCount];
};

// A view: valid as long as the parser that made it and the bytes that it was parsed from.
class RequestHead {
 public:
  RequestHead(const char* base, const HeadLayout& layout) noexcept
      : base_(base), layout_(&layout) {}

  Method method() const noexcept { return layout_->method_kind; }
  std::string_view method_name() const noexcept { return text(layout_->method); }

  // The request target as it was sent: visible ASCII, not empty, without '#' (RFC 9112 §3.2).
  // parse_target() reads it.
  std::string_view target() const noexcept { return text(layout_->target); }

  // 0 or 1. HTTP/1.x with a higher x counts as 1 (RFC 9110 §2.5).
  int minor_version() const noexcept { return layout_->minor_version; }

  // True exactly when the client wants the connection to persist (RFC 9112 §9.3): in HTTP/1.1
  // unless it says "close", in HTTP/1.0 only if it says "keep-alive" and not "close".
  bool keep_alive() const noexcept { return layout_->keep_alive; }

  // True exactly when bytes of a body follow the head: Content-Length above 0 or
  // Transfer-Encoding (RFC 9112 §6).
  bool has_body() const noexcept { return layout_->has_body; }

  size_t field_count() const noexcept { return layout_->field_count; }

  // REQUIRES: i < field_count().
  Field field(size_t i) const noexcept;

  // The value of the first field of that name, which is compared without regard to case.
  std::optional<std::string_view> find(std::string_view name) const noexcept;

 private:
  std::string_view text(HeadSpan span) const noexcept { return {base_ + span.begin, span.length}; }

  const char* base_;
  const HeadLayout* layout_;
};

}  // namespace sluice::http
