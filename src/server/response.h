// A response while a handler decides on it.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "files/open_file.h"
#include "http/method.h"
#include "http/response_head.h"
#include "transfer/body_source.h"

namespace sluice {

// The handler begins it once, appends its fields and names the body; the connection adds what is
// the connection's own, ends the head and sends it.
class Response {
 public:
  // Room for every head: a Location of 12 KiB and the other fields.
  static constexpr size_t kHeadBytes = 14 * 1024;

  // `storage` (kHeadBytes) holds the head; `common_fields` go into every response.
  Response(std::span<char> storage, std::string_view common_fields) noexcept
      : storage_(storage), common_fields_(common_fields), head_(storage) {}

  // Writes the status line and the common fields. Called again, it starts all over.
  http::HeadWriter& begin(int status) noexcept {
    status_ = status;
    head_ = http::HeadWriter(storage_);
    body_ = {};
    return head_.status_line(status).raw(common_fields_);
  }

  // A short page that says what `status` means, with its Content-Length and Content-Type.
  // `fields` are complete lines that belong to the status ("Allow: GET, HEAD\r\n").
  void fail(int status, std::string_view fields = {}) noexcept;

  // Sends part of `file`, which is kept open until it is sent.
  void send_file(FileReference file, uint64_t offset_bytes, uint64_t length_bytes) noexcept {
    body_ = FileRange{file->fd(), offset_bytes, length_bytes};
    file_ = std::move(file);
  }

  int status() const noexcept { return status_; }
  http::HeadWriter& head() noexcept { return head_; }

  // A response to HEAD is the same, without its body (RFC 9110 §9.3.2).
  BodySource body_for(http::Method method) const noexcept {
    return method == http::Method::kHead ? BodySource() : body_;
  }

 private:
  std::span<char> storage_;
  std::string_view common_fields_;
  http::HeadWriter head_;
  int status_ = 0;
  FileReference file_;
  BodySource body_;
};

}  // namespace sluice
