#include "server/resumable_uploads.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "http/characters.h"
#include "http/entity_tag.h"
#include "http/percent_encoding.h"
#include "http/structured_field.h"
#include "runtime/sleep.h"
#include "server/upload_status.h"
#include "server/upload_work.h"

namespace sluice {

namespace {

constexpr std::string_view kResourceQuery = "?sluice-upload=";
constexpr std::string_view kResourceLines =
    "Allow: HEAD, GET, PATCH, DELETE, OPTIONS\r\nAccept-Patch: application/partial-upload\r\n";

// How long a request that is at work on an upload is given to end.
constexpr int kOpenAttempts = 100;
constexpr uint64_t kPauseMs = 20;

std::optional<UploadToken> token_of(const SiteRequest& request) noexcept {
  const std::string_view query = request.asked_for.query();
  if (!query.starts_with(kResourceQuery)) return std::nullopt;
  return UploadToken::parse(query.substr(kResourceQuery.size()));
}

// Of the path that was asked for: what leads there will lead there again.
std::string location_of(const SiteRequest& request, const UploadToken& token) {
  std::string location = "/";
  http::percent_encode(request.asked_for.path(), http::is_location_path_char,
                       [&location](char c) { location += c; });
  location += kResourceQuery;
  location += token.view();
  return location;
}

std::string limits(const Uploads& options, uint64_t lifetime_ms) {
  const auto most = static_cast<uint64_t>(http::kMaxStructuredInteger);
  return "max-size=" + std::to_string(std::min(options.limit_bytes, most)) +
         ", max-age=" + std::to_string(std::min(lifetime_ms / 1000, most));
}

std::string limits_of(const StoredUpload& upload, const Uploads& options) {
  const uint64_t idle_ms = std::min(upload.idle_ms(), options.resume_ms);
  return limits(options, options.resume_ms - idle_ms);
}

void add_state(const StoredUpload& upload, const Uploads& options, ResponseDraft& response) {
  http::HeadWriter& head = response.head();
  head.field("Upload-Offset", upload.offset());
  if (upload.record().length) head.field("Upload-Length", *upload.record().length);
  head.field("Upload-Limit", limits_of(upload, options));
}

// What has come of an upload that is complete.
void tell_outcome(const UploadRecord::Outcome& outcome, EntityTags entity_tags,
                  ResponseDraft& response) noexcept {
  response.begin(outcome.created ? 201 : 204).field("Upload-Complete", "?1");
  if (entity_tags == EntityTags::kModified) {
    const http::EntityTag tag = http::make_entity_tag(outcome.size_bytes, outcome.modified_seconds,
                                                      outcome.modified_nanoseconds);
    response.head().field("ETag", tag.view());
  }
  if (outcome.created) response.head().field("Content-Length", uint64_t{0});
}

// The resource cannot be had now, or there is none.
void refuse(const UploadError& error, ResponseDraft& response) noexcept {
  const int status = status_of(error);
  // Clients give up after a 4xx; what is busy now will not be for long.
  if (status == 503 || error.problem == UploadProblem::kBusy) return response.refuse_for_now();
  response.fail(status);
}

// What an end of the content that is not its whole means for the response.
int status_of(const UploadExchange::Received& received) noexcept {
  if (received.end == UploadExchange::Received::End::kInterrupted) {
    return received.error.code == ErrorCode::kTimedOut ? 408 : 400;
  }
  const bool full = received.error.code == ErrorCode::kNoSpace;
  return full ? 507 : 500;
}

Task<Result<void>> announce(const ResumableUploads::Target& target, const StoredUpload& upload,
                            int64_t interop_version) noexcept {
  const Uploads& options = target.directory.store.options();
  std::string head = "HTTP/1.1 104 Upload Resumption Supported\r\n";
  head += std::string(http::kUploadInteropField) + ": " + std::to_string(interop_version) + "\r\n";
  head += "Location: " + location_of(target.request, upload.token()) + "\r\n";
  head += "Upload-Limit: " + limits_of(upload, options) + "\r\n\r\n";
  Task<Result<void>> sending = target.exchange.send_interim(head);
  co_return co_await sending;
}

}  // namespace

bool ResumableUploads::names_resource(const SiteRequest& request) noexcept {
  return request.asked_for.query().starts_with(kResourceQuery);
}

bool ResumableUploads::wants_resource(const http::UploadFields& fields) noexcept {
  return fields.complete && (!*fields.complete || fields.interop_version);
}

std::string ResumableUploads::limit_line(const Uploads& options) {
  return "Upload-Limit: " + limits(options, options.resume_ms) + "\r\n";
}

Task<void> ResumableUploads::create(const Target& target, const http::UploadFields& fields,
                                    const UploadCondition& condition,
                                    ResponseDraft& response) noexcept {
  UploadStore& store = target.directory.store;
  const http::UploadLength length =
      http::upload_length(fields, target.exchange.content_length(), 0, std::nullopt);
  if (length.inconsistent) {
    refuse_length(response);
    co_return;
  }
  if (length.length.value_or(0) > store.options().limit_bytes) {
    response.fail(413, limit_line(store.options()));
    co_return;
  }
  UploadRecord record{.path = std::string(target.path),
                      .condition = condition,
                      .length = length.length,
                      .outcome = std::nullopt};
  // Interim responses are not for HTTP/1.0 (RFC 9110 §15.2).
  const bool announces = fields.interop_version && target.request.head.minor_version() > 0;
  std::optional<UploadResult<StoredUpload>> created;
  const auto work = [&] {
    created.emplace(store.create(std::move(record)));
    if (!*created || !announces) return;
    const UploadResult<void> kept = store.keep(**created);
    if (kept) return;
    store.cancel(std::move(**created));
    created.emplace(std::unexpected(kept.error()));
  };
  Task<bool> creating = run_upload_work(reactor_, workers_, work);
  if (const bool done = co_await creating; !done) {
    response.refuse_for_now();
    co_return;
  }
  if (!*created) {
    refuse(created->error(), response);
    co_return;
  }
  StoredUpload& upload = **created;
  if (announces) {
    Task<Result<void>> announcing = announce(target, upload, *fields.interop_version);
    if (const Result<void> announced = co_await announcing; !announced) {
      Task<void> cancelling = cancel(target, std::move(upload));
      co_await cancelling;
      response.fail(400);
      co_return;
    }
  }
  Part part{
      .upload = upload, .creates = true, .completes = *fields.complete, .address_told = announces};
  Task<void> receiving = receive(target, part, response);
  co_await receiving;
  const bool open = upload.fd() >= 0 && !upload.record().outcome;
  if (!open || part.address_told) co_return;
  // Nobody could go on with it, or give it up.
  Task<void> cancelling = cancel(target, std::move(upload));
  co_await cancelling;
}

Task<void> ResumableUploads::respond(const Target& target, ResponseDraft& response) noexcept {
  const http::Method method = target.request.method();
  const Uploads& options = target.directory.store.options();
  if (method == http::Method::kOptions) {
    response.begin(204).raw(kResourceLines).raw(limit_line(options));
    co_return;
  }
  const bool asks = method == http::Method::kHead || method == http::Method::kGet;
  if (!asks && method != http::Method::kPatch && method != http::Method::kDelete) {
    response.fail(405, kResourceLines);
    co_return;
  }
  const std::optional<UploadToken> token = token_of(target.request);
  if (!token) {
    response.fail(404);
    co_return;
  }
  Task<UploadResult<StoredUpload>> opening = open(target, *token);
  UploadResult<StoredUpload> upload = co_await opening;
  if (!upload) {
    refuse(upload.error(), response);
    co_return;
  }
  if (asks) {
    const bool complete = upload->record().outcome.has_value();
    response.begin(204).field("Upload-Complete", complete ? "?1" : "?0");
    add_state(*upload, options, response);
    response.head().field("Cache-Control", "no-store");
  } else if (method == http::Method::kDelete) {
    Task<void> cancelling = cancel(target, std::move(*upload));
    co_await cancelling;
    response.begin(204);
  } else {
    Task<void> appending = append(target, *upload, response);
    co_await appending;
  }
}

Task<UploadResult<StoredUpload>> ResumableUploads::open(const Target& target,
                                                        const UploadToken& token) noexcept {
  std::optional<UploadResult<StoredUpload>> upload;
  for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
    const auto work = [&] { upload.emplace(target.directory.store.open(token, target.path)); };
    Task<bool> opening = run_upload_work(reactor_, workers_, work);
    if (const bool done = co_await opening; !done) break;
    if (*upload || upload->error().problem != UploadProblem::kBusy) co_return std::move(*upload);
    target.directory.interrupter.interrupt(token);
    Sleep pause(reactor_, kPauseMs);
    co_await pause;
  }
  co_return std::unexpected(UploadError{UploadProblem::kExhausted, Error{ErrorCode::kExhausted}});
}

Task<void> ResumableUploads::append(const Target& target, StoredUpload& upload,
                                    ResponseDraft& response) noexcept {
  const http::UploadFields fields = http::read_upload_fields(target.request.head);
  const Uploads& options = target.directory.store.options();
  if (!http::has_partial_upload_type(target.request.head)) {
    response.fail(415, "Accept-Patch: application/partial-upload\r\nUpload-Complete: ?0\r\n");
    co_return;
  }
  if (!fields.offset || !fields.complete) {
    response.fail(400, "Upload-Complete: ?0\r\n");
    co_return;
  }
  if (*fields.offset != upload.offset()) {
    refuse_offset(upload, *fields.offset, response);
    co_return;
  }
  const std::optional<uint64_t> content_length = target.exchange.content_length();
  if (const auto& outcome = upload.record().outcome) {
    // A client that has not seen the response asks for it again.
    if (*fields.complete && content_length == 0U) {
      tell_outcome(*outcome, target.entity_tags, response);
    } else {
      refuse_length(response);
    }
    co_return;
  }
  const http::UploadLength length =
      http::upload_length(fields, content_length, upload.offset(), upload.record().length);
  if (length.inconsistent) {
    refuse_length(response);
    co_return;
  }
  const uint64_t room = options.limit_bytes - std::min(upload.offset(), options.limit_bytes);
  if (length.length.value_or(0) > options.limit_bytes || content_length.value_or(0) > room) {
    response.fail(413, limit_line(options) + "Upload-Complete: ?0\r\n");
    co_return;
  }
  if (length.length && !upload.record().length) {
    UploadResult<void> noted;
    const auto work = [&] { noted = target.directory.store.set_length(upload, *length.length); };
    Task<bool> noting = run_upload_work(reactor_, workers_, work);
    if (const bool done = co_await noting; !done || !noted) {
      response.refuse_for_now();
      co_return;
    }
  }
  Part part{
      .upload = upload, .creates = false, .completes = *fields.complete, .address_told = true};
  Task<void> receiving = receive(target, part, response);
  co_await receiving;
}

Task<void> ResumableUploads::receive(const Target& target, Part& part,
                                     ResponseDraft& response) noexcept {
  using End = UploadExchange::Received::End;
  StoredUpload& upload = part.upload;
  const Uploads& options = target.directory.store.options();
  const uint64_t end = std::min(options.limit_bytes, upload.record().length.value_or(UINT64_MAX));
  UploadExchange::Received received;
  {
    const UploadInterrupter::Registration registration(target.directory.interrupter, upload.token(),
                                                       target.exchange.socket_fd());
    Task<UploadExchange::Received> receiving =
        target.exchange.receive(upload.fd(), upload.offset(), end - std::min(upload.offset(), end));
    received = co_await receiving;
  }
  upload.advance(received.bytes);
  const bool too_short = part.completes && received.end == End::kWhole &&
                         upload.record().length.value_or(upload.offset()) != upload.offset();
  if (received.end == End::kTooLong || too_short) {
    // The client has said what is not so: nothing of it can be relied on (draft §4.4.2).
    const bool over_limit = received.end == End::kTooLong && end == options.limit_bytes;
    Task<void> cancelling = cancel(target, std::move(upload));
    co_await cancelling;
    if (over_limit) {
      response.fail(413, limit_line(options));
    } else {
      refuse_length(response);
    }
    co_return;
  }
  if (received.end != End::kWhole) {
    response.fail(status_of(received), "Upload-Complete: ?0\r\n");
    co_return;
  }
  Task<void> finishing = finish(target, part, response);
  co_await finishing;
}

Task<void> ResumableUploads::finish(const Target& target, Part& part,
                                    ResponseDraft& response) noexcept {
  StoredUpload& upload = part.upload;
  UploadStore& store = target.directory.store;
  if (part.completes) {
    Task<void> publishing = publish(target, upload, response);
    co_await publishing;
    co_return;
  }
  UploadResult<void> kept;
  const auto work = [&] {
    kept = store.sync(upload);
    if (kept) kept = store.keep(upload);
  };
  Task<bool> keeping = run_upload_work(reactor_, workers_, work);
  if (const bool done = co_await keeping; !done) {
    response.refuse_for_now();
    co_return;
  }
  if (!kept) {
    refuse(kept.error(), response);
    co_return;
  }
  response.begin(part.creates ? 201 : 204).field("Upload-Complete", "?0");
  add_state(upload, store.options(), response);
  if (!part.creates) co_return;
  part.address_told = true;
  response.head().field("Location", location_of(target.request, upload.token()));
  response.head().field("Content-Length", uint64_t{0});
}

Task<void> ResumableUploads::publish(const Target& target, StoredUpload& upload,
                                     ResponseDraft& response) noexcept {
  std::optional<UploadResult<UploadDirectory::Published>> published;
  const auto work = [&] { published.emplace(target.directory.store.publish(upload)); };
  Task<bool> publishing = run_upload_work(reactor_, workers_, work);
  if (const bool done = co_await publishing; !done) {
    response.refuse_for_now();
    co_return;
  }
  if (!*published) {
    const UploadError& error = published->error();
    const bool final = !UploadStore::worth_another_attempt(error.problem);
    if (final) counters_.uploads_failed.increment();
    response.fail(sluice::status_of(error),
                  final ? "Upload-Complete: ?1\r\n" : "Upload-Complete: ?0\r\n");
    co_return;
  }
  counters_.uploads_completed.increment();
  const FileState& state = (*published)->state;
  tell_outcome({.created = (*published)->created,
                .size_bytes = state.size_bytes,
                .modified_seconds = state.modified_seconds,
                .modified_nanoseconds = state.modified_nanoseconds},
               target.entity_tags, response);
}

// Freeing what a file takes on its disk may take long.
Task<void> ResumableUploads::cancel(const Target& target, StoredUpload upload) noexcept {
  if (!upload.record().outcome) counters_.uploads_failed.increment();
  const auto work = [&] { target.directory.store.cancel(std::move(upload)); };
  Task<bool> cancelling = run_upload_work(reactor_, workers_, work);
  if (const bool done = co_await cancelling; !done) work();
}

void ResumableUploads::refuse_length(ResponseDraft& response) noexcept {
  response.begin(400).field("Upload-Complete", "?0");
  response.send_text(
      R"({"type":"https://iana.org/assignments/http-problem-types#inconsistent-upload-length",)"
      R"("title":"The lengths that are told for the upload do not agree","status":400})",
      "application/problem+json", held_bytes_);
}

void ResumableUploads::refuse_offset(const StoredUpload& upload, uint64_t provided,
                                     ResponseDraft& response) noexcept {
  response.begin(409).field("Upload-Complete", "?0").field("Upload-Offset", upload.offset());
  response.send_text(
      R"({"type":"https://iana.org/assignments/http-problem-types#mismatching-upload-offset",)"
      R"("title":"The upload is at another offset","status":409,"expected-offset":)" +
          std::to_string(upload.offset()) + R"(,"provided-offset":)" + std::to_string(provided) +
          "}",
      "application/problem+json", held_bytes_);
}

}  // namespace sluice
