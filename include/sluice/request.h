// What a handler is asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sluice/error.h>
#include <sluice/export.h>
#include <sluice/task.h>

namespace sluice {

class ContentReader;
struct SiteRequest;

// The content of a request (RFC 9110 §6.4), as it arrives. To have it in a file, without a copy in
// this process: transfer(Source::content(request.content()), Sink::file(fd)). Nothing of it is read
// before a handler asks; a client that waits for leave to send it (Expect: 100-continue) is given
// that by the first read. Not thread-safe.
class RequestContent {
 public:
  // Absent where it comes in chunks. 0: there is none.
  SLUICE_API std::optional<uint64_t> length() const noexcept;

  // The next piece, which stays as it is until the next read; empty at the end. kPeerGone when the
  // client is gone before it has sent everything, kTimedOut when it takes too long, kUnsupported
  // for chunks that are malformed.
  SLUICE_API Task<Result<std::string_view>> read();

  // All of it, up to `limit_bytes`; kExhausted beyond.
  SLUICE_API Task<Result<std::string>> read_all(uint64_t limit_bytes);

  explicit RequestContent(ContentReader& reader) noexcept : reader_(reader) {}

  // For transfer().
  ContentReader& reader() noexcept { return reader_; }

 private:
  ContentReader& reader_;
};

// Valid until the handler is done.
class Request {
 public:
  // As sent, "GET"; RFC 9110 §9.
  SLUICE_API std::string_view method() const noexcept;

  // The path of the target, decoded and with its dot segments resolved: "/a b/c".
  SLUICE_API std::string_view path() const noexcept;
  // Of it, what follows the prefix that the handler is routed by: "c" for "/a b/", without the
  // slash in front.
  std::string_view rest() const noexcept { return path().substr(rest_begin_); }
  // Behind the '?', as sent; empty where there is none.
  SLUICE_API std::string_view query() const noexcept;

  // The name that the client knows the server by, with its port; RFC 9110 §7.2.
  SLUICE_API std::string_view host() const noexcept;

  // The value of the first field of this name, in any case; RFC 9110 §5.1.
  SLUICE_API std::optional<std::string_view> header(std::string_view name) const noexcept;

  RequestContent& content() noexcept { return content_; }

  Request(const SiteRequest& request, ContentReader& reader, size_t rest_begin) noexcept
      : request_(request), content_(reader), rest_begin_(rest_begin) {}
  // For the handlers that static_files() makes.
  const SiteRequest& site_request() const noexcept { return request_; }

 private:
  const SiteRequest& request_;
  RequestContent content_;
  size_t rest_begin_;
};

}  // namespace sluice
