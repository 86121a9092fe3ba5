#include "server/handler_response.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <utility>

#include "http/characters.h"

namespace sluice {

namespace {

constexpr std::array<std::string_view, 8> kOwnFields = {
    "Date",    "Server",     "Content-Length", "Transfer-Encoding",
    "Trailer", "Connection", "Keep-Alive",     "Upgrade"};

// RFC 9110 §5.5, with the octets above ASCII, which some fields have.
bool is_field_value(std::string_view value) noexcept {
  return std::ranges::none_of(value, [](char c) { return c != '\t' && http::is_control_byte(c); });
}

// Empty if nothing is wrong.
std::string_view problem_of_field(std::string_view name, std::string_view value) noexcept {
  if (name.empty() || !std::ranges::all_of(name, http::is_token_char)) {
    return "a field's name is not allowed (RFC 9110 section 5.1)";
  }
  if (!is_field_value(value)) return "a field's value holds control characters";
  const bool own = std::ranges::any_of(kOwnFields, [name](std::string_view field) {
    return http::equal_ignoring_case(name, field);
  });
  return own ? "a field is set that only the server can set" : std::string_view();
}

std::string_view problem_of(const Response& answer) noexcept {
  if (answer.status() < 200 || answer.status() > 599) return "a status is not from 200 to 599";
  for (const auto& [name, value] : answer.headers()) {
    const std::string_view problem = problem_of_field(name, value);
    if (!problem.empty()) return problem;
  }
  return {};
}

// What is to be sent of a file; or why nothing can be.
std::expected<FileRange, std::string_view> range_of(const Response::File& body) noexcept {
  struct stat status;
  const int flags = ::fcntl(body.file.get(), F_GETFL);
  if (flags < 0 || ::fstat(body.file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::unexpected("a body is no regular file");
  }
  if ((flags & O_PATH) != 0 || (flags & O_ACCMODE) == O_WRONLY) {
    return std::unexpected("a body is a file that is not open for reading");
  }
  const auto size_bytes = static_cast<uint64_t>(status.st_size);
  if (body.offset > size_bytes) return std::unexpected("a body begins behind the end of its file");
  const uint64_t rest_bytes = size_bytes - body.offset;
  if (body.length != kToTheEnd && body.length > rest_bytes) {
    return std::unexpected("a body ends behind the end of its file");
  }
  return FileRange{body.file.get(), body.offset, std::min(body.length, rest_bytes)};
}

// Names the body, and says how long it is. Returns what is wrong with it.
std::string_view draft_body(std::unique_ptr<Response::Body> body, bool understands_chunks,
                            ResponseDraft& response) noexcept {
  if (auto* const stream = std::get_if<Response::Stream>(body.get())) {
    if (!stream->write) return "a body is written by no function";
    response.send_stream(std::move(body), understands_chunks);
    return {};
  }
  BodySource source;
  uint64_t length_bytes = 0;
  if (const auto* const bytes = std::get_if<std::string>(body.get())) {
    source = MemoryBody{*bytes};
    length_bytes = bytes->size();
  } else if (const auto* const shared = std::get_if<SharedMemory>(body.get())) {
    length_bytes = shared->size_bytes();
    source = FileRange{shared->fd(), 0, length_bytes};
  } else if (const auto* const file = std::get_if<Response::File>(body.get())) {
    const auto range = range_of(*file);
    if (!range) return range.error();
    source = *range;
    length_bytes = range->length_bytes;
  }
  response.head().field("Content-Length", length_bytes);
  if (length_bytes > 0) response.send_kept(source, std::move(body));
  return {};
}

void refuse(std::string_view where, std::string_view why, ResponseDraft& response,
            HandlerLog& log) noexcept {
  log.refused(where, why);
  response.fail(500);
}

constexpr std::string_view kNoRoom = "the fields are longer than a head may be";

}  // namespace

void draft_response(Response answer, const SiteRequest& request, std::string_view where,
                    ResponseDraft& response, HandlerLog& log) noexcept {
  const std::string_view problem = problem_of(answer);
  if (!problem.empty()) return refuse(where, problem, response, log);
  const int status = answer.status();
  const bool page = std::holds_alternative<Response::ErrorPage>(answer.content());
  const bool without_content = status == 204 || status == 205 || status == 304;
  if (page && !without_content) {
    response.fail(status);
  } else {
    response.begin(status);
  }
  response.mark_as_of_handler();
  for (const auto& [name, value] : answer.headers()) {
    // A page says itself what it is.
    if (page && http::equal_ignoring_case(name, "Content-Type")) continue;
    response.head().field(name, value);
  }
  if (without_content) {
    // RFC 9110 §15.3.6: of the three only a 205 has to say so.
    if (status == 205) response.head().field("Content-Length", uint64_t{0});
  } else if (!page) {
    std::unique_ptr<Response::Body> body(new (std::nothrow)
                                             Response::Body(std::move(answer.content())));
    if (!body) return response.refuse_for_now();
    const std::string_view wrong =
        draft_body(std::move(body), request.head.minor_version() > 0, response);
    if (!wrong.empty()) return refuse(where, wrong, response, log);
  }
  if (!response.head().ok()) refuse(where, kNoRoom, response, log);
}

void add_fields(const Response& answer, std::string_view where, ResponseDraft& response,
                HandlerLog& log) noexcept {
  const std::string_view problem = problem_of(answer);
  if (!problem.empty()) return refuse(where, problem, response, log);
  http::HeadWriter& head = response.head();
  for (const auto& field : answer.headers()) head.erase(field.first);
  for (const auto& [name, value] : answer.headers()) head.field(name, value);
  if (!head.ok()) refuse(where, kNoRoom, response, log);
}

}  // namespace sluice
