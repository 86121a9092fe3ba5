#include "server/upload_handler.h"

#include <cerrno>
#include <ctime>
#include <optional>
#include <utility>

#include "http/characters.h"
#include "http/entity_tag.h"
#include "http/list_elements.h"
#include "http/preconditions.h"
#include "server/requested_path.h"
#include "server/upload_receiver.h"
#include "server/upload_status.h"
#include "server/upload_work.h"

namespace sluice {

namespace {

bool has_preconditions(const http::RequestFields& fields) noexcept {
  return fields.value(http::FieldName::kIfMatch) || fields.value(http::FieldName::kIfNoneMatch) ||
         fields.value(http::FieldName::kIfUnmodifiedSince);
}

// By any of the lines of Content-Encoding, which are one list (RFC 9110 §5.3).
bool has_coding(const http::RequestHead& head) noexcept {
  bool coded = false;
  const auto look = [&coded](std::string_view coding) {
    coded = coded || !http::equal_ignoring_case(coding, "identity");
  };
  for (size_t i = 0; i < head.field_count(); ++i) {
    const http::Field field = head.field(i);
    if (!http::equal_ignoring_case(field.name, "Content-Encoding")) continue;
    http::for_each_element(field.value, look);
  }
  return coded;
}

// What of a request to put something shows that it is refused. True when it was.
bool refuse_unsupported(const http::RequestHead& head, ResponseDraft& response) noexcept {
  // Taking a part for the whole would lose the rest (RFC 9110 §14.5).
  if (head.find("Content-Range")) {
    response.fail(400);
    return true;
  }
  // Files have no coding of their own here: what is stored is what will be sent.
  if (has_coding(head)) {
    response.fail(415, "Accept-Encoding: identity\r\n");  // RFC 9110 §15.5.16
    return true;
  }
  return false;
}

int status_of_write(const Error& error) noexcept {
  switch (error.system_errno) {
    case ENOSPC:
    case EDQUOT:
      return 507;
    case EFBIG:
      return 413;
    default:
      return 500;
  }
}

int status_of(const UploadExchange::Received& received) noexcept {
  switch (received.end) {
    case UploadExchange::Received::End::kWhole:
      return 0;
    case UploadExchange::Received::End::kTooLong:
      return 413;
    case UploadExchange::Received::End::kInterrupted:
      return received.error.code == ErrorCode::kTimedOut ? 408 : 400;
    case UploadExchange::Received::End::kNotWritten:
      return status_of_write(received.error);
  }
  return 500;
}

void refuse(const UploadError& error, ResponseDraft& response) noexcept {
  const int status = sluice::status_of(error);
  if (status == 503) return response.refuse_for_now();
  response.fail(status);
}

void refuse_removal(const UploadError& error, ResponseDraft& response) noexcept {
  // Where its directory is missing, it is.
  if (error.problem == UploadProblem::kNoParent) return response.fail(404);
  refuse(error, response);
}

}  // namespace

bool UploadHandler::takes(const SiteRequest& request, const MountedDirectory& mount) noexcept {
  if (mount.uploads == nullptr) return false;
  return request.method() == http::Method::kPut || request.method() == http::Method::kDelete ||
         ResumableUploads::names_resource(request);
}

Task<void> UploadHandler::respond(const SiteRequest& request, const MountedDirectory& mount,
                                  PathBuffer& buffer, ResponseDraft& response) noexcept {
  const LocalPath path = requested_path(request, mount);
  if (is_hidden(path, mount)) {
    response.fail(404);
    co_return;
  }
  if (path.directory_form || path.path.empty()) {
    response.fail(409);  // RFC 4918 §9.7.2: a collection is not put like a file
    co_return;
  }
  const Upload upload{request, mount, path.path, buffer};
  if (ResumableUploads::names_resource(request)) {
    UploadReceiver receiver(*request.content);
    const ResumableUploads::Target target{request, path.path, *mount.resumable, receiver,
                                          mount.options.etag};
    Task<void> responding = resumable_.respond(target, response);
    co_await responding;
    co_return;
  }
  Task<void> responding =
      request.method() == http::Method::kPut ? put(upload, response) : remove(upload, response);
  co_await responding;
}

Task<void> UploadHandler::put(const Upload& upload, ResponseDraft& response) noexcept {
  const SiteRequest& request = upload.request;
  if (refuse_unsupported(request.head, response)) co_return;
  const Uploads& options = upload.mount.options.upload;
  if (request.content->length().value_or(0) > options.limit_bytes) {
    response.fail(413, ResumableUploads::limit_line(options));
    co_return;
  }
  Task<std::expected<UploadCondition, int>> checking = check_preconditions(upload);
  const std::expected<UploadCondition, int> condition = co_await checking;
  if (!condition) {
    Task<void> refusing = refuse_condition(upload, condition.error(), response);
    co_await refusing;
    co_return;
  }
  const http::UploadFields fields = http::read_upload_fields(request.head);
  if (ResumableUploads::wants_resource(fields)) {
    UploadReceiver receiver(*request.content);
    const ResumableUploads::Target target{request, upload.path, *upload.mount.resumable, receiver,
                                          upload.mount.options.etag};
    Task<void> creating = resumable_.create(target, fields, *condition, response);
    co_await creating;
    co_return;
  }
  Task<void> receiving = receive(upload, *condition, response);
  co_await receiving;
}

// A precondition counts only where the request would have been granted without it (RFC 9110
// §13.2.1).
Task<void> UploadHandler::refuse_condition(const Upload& upload, int status,
                                           ResponseDraft& response) noexcept {
  UploadResult<void> possible;
  const auto look = [&] { possible = upload.mount.uploads->check(upload.path); };
  Task<bool> looking = run_upload_work(parts_.reactor, parts_.workers, look);
  if (const bool done = co_await looking; !done) {
    response.refuse_for_now();
  } else if (!possible) {
    refuse(possible.error(), response);
  } else {
    response.fail(status);
  }
}

// A whole upload: from a file without a name to a response.
Task<void> UploadHandler::receive(const Upload& upload, const UploadCondition& condition,
                                  ResponseDraft& response) noexcept {
  UploadDirectory& directory = *upload.mount.uploads;
  std::optional<UploadResult<UploadFile>> file;
  const auto begin = [&] { file.emplace(directory.begin(upload.path)); };
  Task<bool> beginning = run_upload_work(parts_.reactor, parts_.workers, begin);
  if (const bool done = co_await beginning; !done) {
    response.refuse_for_now();
    co_return;
  }
  if (!*file) {
    refuse(file->error(), response);
    co_return;
  }
  Task<int> filling = fill(upload, **file);
  const int failed = co_await filling;
  std::optional<UploadResult<UploadDirectory::Published>> published;
  // Freeing what a file takes on its disk is for the worker, too.
  const auto finish = [&] {
    if (failed == 0) published.emplace(directory.publish(**file, condition));
    file.reset();
    directory.tidy();
  };
  Task<bool> publishing = run_upload_work(parts_.reactor, parts_.workers, finish);
  const bool done = co_await publishing;
  if (!published || !*published) parts_.counters.uploads_failed.increment();
  if (failed == 413) {
    response.fail(413, ResumableUploads::limit_line(upload.mount.options.upload));
  } else if (failed != 0) {
    response.fail(failed);
  } else if (!done) {
    response.refuse_for_now();
  } else if (!*published) {
    refuse(published->error(), response);
  } else {
    parts_.counters.uploads_completed.increment();
    Task<void> telling = tell_published(upload, **published, response);
    co_await telling;
  }
}

// Returns the status of a failure, or 0.
Task<int> UploadHandler::fill(const Upload& upload, UploadFile& file) noexcept {
  UploadReceiver receiver(*upload.request.content);
  Task<UploadExchange::Received> receiving =
      receiver.receive(file.fd(), 0, upload.mount.options.upload.limit_bytes);
  const UploadExchange::Received received = co_await receiving;
  co_return status_of(received);
}

// With the entity tag that a GET has from now on. One of the content has to be made of the file,
// which another may have replaced by then.
Task<void> UploadHandler::tell_published(const Upload& upload,
                                         const UploadDirectory::Published& published,
                                         ResponseDraft& response) noexcept {
  http::EntityTag tag;
  const EntityTags kind = upload.mount.options.etag;
  if (kind == EntityTags::kModified) {
    const FileState& state = published.state;
    tag =
        http::make_entity_tag(state.size_bytes, state.modified_seconds, state.modified_nanoseconds);
  } else if (kind == EntityTags::kContent) {
    Task<FileReference> finding =
        parts_.files.find_exactly(upload.request, upload.mount, upload.buffer);
    const FileReference file = co_await finding;
    if (file && file->state().same_content_as(published.state)) tag = file->entity_tag();
  }
  response.begin(published.created ? 201 : 204);
  if (!tag.empty()) response.head().field("ETag", tag.view());
  if (published.created) response.head().field("Content-Length", uint64_t{0});
}

Task<void> UploadHandler::remove(const Upload& upload, ResponseDraft& response) noexcept {
  UploadDirectory& directory = *upload.mount.uploads;
  Task<std::expected<UploadCondition, int>> checking = check_preconditions(upload);
  const std::expected<UploadCondition, int> condition = co_await checking;
  std::optional<UploadResult<void>> removed;
  // Preconditions are about what is there: where nothing is, that is the answer (RFC 9110 §13.2.1).
  std::optional<UploadResult<std::optional<FileState>>> found;
  const auto work = [&] {
    if (condition && condition->kind != UploadCondition::Kind::kNothing) {
      removed.emplace(directory.remove(upload.path, *condition));
    } else {
      found.emplace(directory.look(upload.path));
    }
  };
  Task<bool> removing = run_upload_work(parts_.reactor, parts_.workers, work);
  if (const bool done = co_await removing; !done) {
    response.refuse_for_now();
  } else if (removed && *removed) {
    response.begin(204);
  } else if (removed) {
    refuse_removal(removed->error(), response);
  } else if (!*found) {
    refuse_removal(found->error(), response);
  } else {
    response.fail(!**found ? 404 : condition ? 412 : condition.error());
  }
}

Task<std::expected<UploadCondition, int>> UploadHandler::check_preconditions(
    const Upload& upload) noexcept {
  using Checked = std::expected<UploadCondition, int>;
  const http::RequestFields& fields = upload.request.fields;
  if (!has_preconditions(fields)) co_return Checked(UploadCondition{});
  Task<FileReference> finding =
      parts_.files.find_exactly(upload.request, upload.mount, upload.buffer);
  const FileReference file = co_await finding;
  if (!file) {
    if (http::evaluate_preconditions_of_nothing(fields) == http::Verdict::kFailed) {
      co_return Checked(std::unexpect, 412);
    }
    co_return Checked(UploadCondition{.kind = UploadCondition::Kind::kNothing});
  }
  // A tag that is long in coming cannot be compared yet.
  if (file->wants_content_tag()) co_return Checked(std::unexpect, 503);
  const http::Validators current{file->entity_tag().view(), file->last_modified()};
  const http::Verdict verdict =
      http::evaluate_preconditions(fields, upload.request.method(), current, std::time(nullptr));
  if (verdict != http::Verdict::kProceed) co_return Checked(std::unexpect, 412);
  co_return Checked(UploadCondition{UploadCondition::Kind::kSame, file->state()});
}

}  // namespace sluice
