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
  Task<Result<void>> write(std::string_view bytes);

  explicit ResponseStream(StreamWriter& writer) noexcept : writer_(writer) {}
  StreamWriter& writer() noexcept { return writer_; }

 private:
  StreamWriter& writer_;
};

// Writes the body of a response. Returning an error cuts the connection off, so that the client
// does not take what it has for the whole.
using StreamFunction = std::function<Task<Result<void>>(ResponseStream&)>;

// Status, fields, body. Date, Content-Length, Connection, Transfer-Encoding and Server are sluice's
// own: a handler that sets them is answered with 500, and the log says so.
class Response {
 public:
  // `status` from 200 to 599. REQUIRES that.
  explicit Response(int status = 200) noexcept : status_(status) {}

  // "text/plain; charset=utf-8" unless `media_type` says otherwise.
  static Response text(std::string body, std::string_view media_type = "text/plain; charset=utf-8");

  // The page that sluice has for an error, or the site's.
  static Response error(int status);

  // Adds a field. Names and values that RFC 9110 §5 does not allow make it a 500.
  Response& header(std::string_view name, std::string_view value);

  // Each of these is the body instead of what was one before.
  Response& body(std::string bytes);
  Response& body(SharedMemory bytes);
  // `length` bytes of a regular file from `offset` on; kToTheEnd: all that is there now. Ranges and
  // preconditions are answered by static_files() only.
  Response& file(UniqueFd file, uint64_t offset = 0, uint64_t length = kToTheEnd);
  Response& stream(StreamFunction write, std::optional<uint64_t> length = std::nullopt);

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
