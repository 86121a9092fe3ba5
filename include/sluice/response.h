// What a handler answers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <sluice/error.h>
#include <sluice/export.h>
#include <sluice/shared_memory.h>
#include <sluice/task.h>
#include <sluice/transfer.h>
#include <sluice/unique_fd.h>

namespace sluice {

struct ServedDirectory;
class StreamWriter;

// A body while a handler writes it, piece by piece. Sent in chunks (RFC 9112 §7.1) where its length
// was not told; to a client of HTTP/1.0 without them, and the connection's end is its end.
class ResponseStream {
 public:
  // Returns when the connection has taken it; kPeerGone and kTimedOut end the response. An empty
  // piece does nothing. To send a file, without a copy: transfer(…, Sink::response(stream)).
  SLUICE_API Task<Result<void>> write(std::string_view bytes);

  explicit ResponseStream(StreamWriter& writer) noexcept : writer_(writer) {}
  StreamWriter& writer() noexcept { return writer_; }

 private:
  StreamWriter& writer_;
};

// Writes the body of a response, after its handler is done: the Request is gone by then. Not called
// for HEAD. Returning an error, an exception, or another length than was told cuts the connection
// off, so that the client does not take what it has for the whole.
using StreamFunction = std::function<Task<Result<void>>(ResponseStream&)>;

// Status, fields, body. Date, Server, Content-Length, Transfer-Encoding, Trailer, Connection,
// Keep-Alive and Upgrade are sluice's own: for a handler that sets them the client gets a 500, and
// the log says why. The same goes for what cannot be sent: a field that RFC 9110 §5 does not allow,
// more fields than there is room for (24 KiB), a file that is none or ends before its range.
// A 204, 205 or 304 is sent without its body.
class Response {
 public:
  // `status` from 200 to 599; any other makes it a 500.
  explicit Response(int status = 200) noexcept : status_(status) {}

  // "text/plain; charset=utf-8" unless `media_type` says otherwise.
  SLUICE_API static Response text(std::string body,
                                  std::string_view media_type = "text/plain; charset=utf-8");

  // The page that sluice has for an error, or the site's (Directory::error_pages).
  SLUICE_API static Response error(int status);

  // Adds a field. To a response of static_files(): in the place of its fields of that name.
  SLUICE_API Response& header(std::string_view name, std::string_view value) &;

  // Each of these is the body instead of what was one before. None of them says what it is:
  // Content-Type is for header().
  SLUICE_API Response& body(std::string bytes) &;
  SLUICE_API Response& body(SharedMemory bytes) &;
  // `length` bytes of a regular file from `offset` on; kToTheEnd: all that is there now. Ranges and
  // preconditions are answered by static_files() only.
  SLUICE_API Response& file(UniqueFd file, uint64_t offset = 0, uint64_t length = kToTheEnd) &;
  SLUICE_API Response& stream(StreamFunction write,
                              std::optional<uint64_t> length = std::nullopt) &;

  // The same for a response that has no name: co_return Response(201).header("Location", path);
  Response&& header(std::string_view name, std::string_view value) && {
    return std::move(header(name, value));
  }
  Response&& body(std::string bytes) && { return std::move(body(std::move(bytes))); }
  Response&& body(SharedMemory bytes) && { return std::move(body(std::move(bytes))); }
  Response&& file(UniqueFd file, uint64_t offset = 0, uint64_t length = kToTheEnd) && {
    return std::move(this->file(std::move(file), offset, length));
  }
  Response&& stream(StreamFunction write, std::optional<uint64_t> length = std::nullopt) && {
    return std::move(stream(std::move(write), length));
  }

  struct File {
    UniqueFd file;
    uint64_t offset;
    uint64_t length;
  };
  struct Stream {
    StreamFunction write;
    std::optional<uint64_t> length;
  };
  // What static_files() answers: this directory, whatever it has at the request's path.
  struct Directory {
    std::shared_ptr<const ServedDirectory> directory;
  };
  struct ErrorPage {};
  using Body =
      std::variant<std::monostate, std::string, SharedMemory, File, Stream, Directory, ErrorPage>;

  // For sluice.
  int status() const noexcept { return status_; }
  const std::vector<std::pair<std::string, std::string>>& headers() const noexcept {
    return headers_;
  }
  Body& content() noexcept { return body_; }
  explicit Response(std::shared_ptr<const ServedDirectory> directory) noexcept
      : status_(200), body_(Directory{std::move(directory)}) {}

 private:
  int status_;
  std::vector<std::pair<std::string, std::string>> headers_;
  Body body_;
};

}  // namespace sluice
