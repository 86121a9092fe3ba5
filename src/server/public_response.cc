#include <utility>

#include <sluice/response.h>

#include "transfer/stream_writer.h"

namespace sluice {

Response Response::text(std::string body, std::string_view media_type) {
  Response response;
  response.header("Content-Type", media_type).body(std::move(body));
  return response;
}

Response Response::error(int status) {
  Response response(status);
  response.body_ = ErrorPage{};
  return response;
}

Response& Response::header(std::string_view name, std::string_view value) & {
  headers_.emplace_back(name, value);
  return *this;
}

Response& Response::body(std::string bytes) & {
  body_ = std::move(bytes);
  return *this;
}

Response& Response::body(SharedMemory bytes) & {
  body_ = std::move(bytes);
  return *this;
}

Response& Response::file(UniqueFd file, uint64_t offset, uint64_t length) & {
  body_ = File{.file = std::move(file), .offset = offset, .length = length};
  return *this;
}

Response& Response::stream(StreamFunction write, std::optional<uint64_t> length) & {
  body_ = Stream{.write = std::move(write), .length = length};
  return *this;
}

Task<Result<void>> ResponseStream::write(std::string_view bytes) { return writer_.write(bytes); }

}  // namespace sluice
