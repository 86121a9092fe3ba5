#include "server/static_handler.h"

#include <array>
#include <cstring>
#include <utility>

#include "http/entity_tag.h"
#include "http/location.h"
#include "http/range.h"

namespace sluice {

namespace {

constexpr std::string_view kAllow = "Allow: GET, HEAD\r\n";

// Room for every byte of the path escaped, and the query.
constexpr size_t kLocationCapacity = 12 * 1024;

int status_of(const Error& error) noexcept {
  switch (error.code) {
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kForbidden:
      return 403;
    case ErrorCode::kExhausted:
      return 503;
    default:
      return 500;
  }
}

http::RangeChoice range_for(const http::RequestHead& request, const OpenFile& file) noexcept {
  const uint64_t size = file.state().size_bytes;
  const auto range = request.find("Range");
  // RFC 9110 §14.2: a range is for GET only, and one under a condition that does not hold is void.
  if (!range || request.method() != http::Method::kGet) return {http::RangeKind::kWhole, {0, size}};
  const auto condition = request.find("If-Range");
  if (condition &&
      !http::if_range_matches(*condition, file.entity_tag(), file.state().modified_seconds)) {
    return {http::RangeKind::kWhole, {0, size}};
  }
  return http::choose_range(*range, size);
}

void respond_with_file(const http::RequestHead& request, FileReference file,
                       Response& response) noexcept {
  const uint64_t size = file->state().size_bytes;
  const http::RangeChoice choice = range_for(request, *file);
  if (choice.kind == http::RangeKind::kWhole) {
    response.begin(200).raw(file->prepared_fields()).field("Content-Length", size);
    response.send_file(std::move(file), 0, size);
    return;
  }

  char content_range[http::kContentRangeCapacity];
  const std::string_view content_range_value(
      content_range, http::write_content_range(choice, size, content_range));
  if (choice.kind == http::RangeKind::kUnsatisfiable) {
    response.fail(416);
    response.head().field("Content-Range", content_range_value);
    return;
  }
  response.begin(206)
      .raw(file->prepared_fields())
      .field("Content-Range", content_range_value)
      .field("Content-Length", choice.range.length);
  response.send_file(std::move(file), choice.range.first, choice.range.length);
}

// RFC 9110 §15.4.2. The location has no authority, so it cannot lead to another host.
void redirect_to_directory(const http::TargetPath& target, Response& response) noexcept {
  std::array<char, kLocationCapacity> location;
  const size_t length = http::write_directory_location(target, location);
  if (length == 0) return response.fail(414);
  response.fail(301);
  response.head().field("Location", std::string_view(location.data(), length));
}

// "dir" and "index.html" to "dir/index.html", with a NUL behind it; empty when it does not fit.
std::string_view join(std::string_view directory, std::string_view name,
                      std::array<char, http::kPathCapacity>& out) noexcept {
  const size_t slash = directory.empty() ? 0 : 1;
  const size_t length = directory.size() + slash + name.size();
  if (length >= out.size()) return {};
  directory.copy(out.data(), directory.size());
  if (slash == 1) out[directory.size()] = '/';
  name.copy(out.data() + directory.size() + slash, name.size());
  out[length] = '\0';
  return {out.data(), length};
}

}  // namespace

Task<void> StaticHandler::respond(const http::RequestHead& request, Response& response) noexcept {
  if (request.method() == http::Method::kOther) {
    response.fail(405, kAllow);
    co_return;
  }
  http::TargetPath target;
  if (const auto parsed = http::parse_target(request.target(), target); !parsed) {
    response.fail(parsed.error());
    co_return;
  }
  if (target.hidden()) {
    response.fail(404);
    co_return;
  }
  if (target.directory_form()) {
    Task<void> with_index = respond_with_index(request, target, response);
    co_await with_index;
    co_return;
  }

  Task<Result<FileReference>> finding = find_or_open(target.path());
  Result<FileReference> file = co_await finding;
  if (!file) {
    response.fail(status_of(file.error()));
  } else if ((*file)->state().directory()) {
    redirect_to_directory(target, response);
  } else {
    respond_with_file(request, std::move(*file), response);
  }
}

Task<void> StaticHandler::respond_with_index(const http::RequestHead& request,
                                             const http::TargetPath& target,
                                             Response& response) noexcept {
  std::array<char, http::kPathCapacity> path;
  for (const std::string& name : index_names_) {
    const std::string_view index_path = join(target.path(), name, path);
    if (index_path.empty()) continue;
    Task<Result<FileReference>> finding = find_or_open(index_path);
    Result<FileReference> file = co_await finding;
    if (file && (*file)->state().regular()) {
      respond_with_file(request, std::move(*file), response);
      co_return;
    }
    if (!file && file.error().code != ErrorCode::kNotFound) {
      response.fail(status_of(file.error()));
      co_return;
    }
  }
  // No index: a directory that is there may not be listed, anything else is not found.
  Task<Result<FileReference>> finding =
      files_.open(std::string_view(target.c_str(), target.path().size()));
  const Result<FileReference> directory = co_await finding;
  if (!directory) {
    response.fail(status_of(directory.error()));
  } else {
    response.fail((*directory)->state().directory() ? 403 : 404);
  }
}

Task<Result<FileReference>> StaticHandler::find_or_open(std::string_view path) noexcept {
  FileReference file = files_.find(path);
  if (file) co_return file;
  Task<Result<FileReference>> opening = files_.open(path);
  co_return co_await opening;
}

}  // namespace sluice
