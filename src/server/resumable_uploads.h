// Uploads that go on after an interruption (draft-ietf-httpbis-resumable-upload-12).
#pragma once

#include <string>
#include <string_view>

#include "files/upload_store.h"
#include "http/upload_fields.h"
#include "runtime/offload.h"
#include "runtime/task.h"
#include "server/counters.h"
#include "server/mounted_directory.h"
#include "server/response_draft.h"
#include "server/site_request.h"
#include "server/upload_exchange.h"
#include "server/upload_interrupter.h"

namespace sluice {

// What the shards share of the resumable uploads of a directory. Thread-safe.
struct ResumableDirectory {
  explicit ResumableDirectory(UploadDirectory& uploads) noexcept : store(uploads) {}

  UploadStore store;
  UploadInterrupter interrupter;
};

// Creates upload resources and answers requests to them. The upload resource of an upload to "/a/b"
// is "/a/b?sluice-upload=TOKEN": so whatever holds for the target (host, passwords, header rules)
// holds for it, too. Not thread-safe: one a shard. Everything it is given outlives it.
class ResumableUploads {
 public:
  ResumableUploads(Reactor& reactor, Workers workers, Counters& counters) noexcept
      : reactor_(reactor), workers_(workers), counters_(counters) {}

  // An upload and where it is served from.
  struct Target {
    const SiteRequest& request;
    std::string_view path;  // below the root of the directory, as UploadDirectory takes it
    ResumableDirectory& directory;
    UploadExchange& exchange;
    EntityTags entity_tags = EntityTags::kModified;  // what a complete file is told to have
  };

  // True exactly when the target of `request` is an upload resource, of whatever token.
  static bool names_resource(const SiteRequest& request) noexcept;

  // Answers a request to an upload resource: HEAD, GET, PATCH, DELETE and OPTIONS, 405 for others.
  // A request that is at work on the same upload is ended first. REQUIRES: names_resource().
  Task<void> respond(const Target& target, ResponseDraft& response) noexcept;

  // True exactly when a PUT of these fields is for create() and not for an upload in one go: it has
  // Upload-Complete, and where that is ?1 the client would understand the 104.
  static bool wants_resource(const http::UploadFields& fields) noexcept;

  // Answers a PUT to the target. `condition` is what its preconditions come down to, looked at
  // already; it is looked at again when the upload is complete. REQUIRES: wants_resource().
  Task<void> create(const Target& target, const http::UploadFields& fields,
                    const UploadCondition& condition, ResponseDraft& response) noexcept;

  // The line that says what uploads may be, for OPTIONS and 413: "Upload-Limit: …\r\n".
  static std::string limit_line(const Uploads& options);

 private:
  // What a request with content does to an upload.
  struct Part {
    StoredUpload& upload;
    bool creates;    // it is the first request
    bool completes;  // with its content the upload is whole
    // The client knows the upload resource, or the response says it. Otherwise an upload that this
    // does not complete is given up.
    bool address_told;
  };

  // The upload for this request alone: one that is at work on it is ended, and waited for.
  Task<UploadResult<StoredUpload>> open(const Target& target, const UploadToken& token) noexcept;
  Task<void> append(const Target& target, StoredUpload& upload, ResponseDraft& response) noexcept;
  Task<void> receive(const Target& target, Part& part, ResponseDraft& response) noexcept;
  // Answers once the content of a request has been taken as a whole.
  Task<void> finish(const Target& target, Part& part, ResponseDraft& response) noexcept;
  Task<void> publish(const Target& target, StoredUpload& upload, ResponseDraft& response) noexcept;
  Task<void> cancel(const Target& target, StoredUpload upload) noexcept;
  // The lengths that a request tells do not agree with each other, or with what is there.
  void refuse_length(ResponseDraft& response) noexcept;
  void refuse_offset(const StoredUpload& upload, uint64_t provided,
                     ResponseDraft& response) noexcept;

  Reactor& reactor_;
  Workers workers_;
  Counters& counters_;
  uint64_t held_bytes_ = 0;  // of problem details that have not been sent yet
};

}  // namespace sluice
