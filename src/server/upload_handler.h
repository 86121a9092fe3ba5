// Answers requests that change the files of a directory.
#pragma once

#include <expected>
#include <string_view>

#include "files/upload_directory.h"
#include "runtime/offload.h"
#include "runtime/task.h"
#include "server/counters.h"
#include "server/mounted_directory.h"
#include "server/path_buffer.h"
#include "server/response_draft.h"
#include "server/resumable_uploads.h"
#include "server/site_request.h"
#include "server/static_handler.h"

namespace sluice {

// PUT and DELETE of regular files (RFC 9110 §9.3.4, §9.3.5), and all methods of the resources of
// resumable uploads. Not thread-safe: one a shard. Everything it is given outlives it.
class UploadHandler {
 public:
  struct Parts {
    Reactor& reactor;
    Workers workers;
    StaticHandler& files;
    Counters& counters;
  };

  explicit UploadHandler(const Parts& parts) noexcept
      : parts_(parts), resumable_(parts.reactor, parts.workers, parts.counters) {}

  // What directories with uploads allow (RFC 9110 §10.2.1).
  static constexpr std::string_view kAllow = "Allow: GET, HEAD, OPTIONS, PUT, DELETE\r\n";

  // Whether respond() is for this request.
  static bool takes(const SiteRequest& request, const MountedDirectory& mount) noexcept;

  // Decides on the response. `buffer` is in use until this is done. REQUIRES: takes().
  Task<void> respond(const SiteRequest& request, const MountedDirectory& mount, PathBuffer& buffer,
                     ResponseDraft& response) noexcept;

 private:
  // What a request is about.
  struct Upload {
    const SiteRequest& request;
    const MountedDirectory& mount;
    std::string_view path;  // as UploadDirectory takes it
    PathBuffer& buffer;
  };

  Task<void> put(const Upload& upload, ResponseDraft& response) noexcept;
  Task<void> refuse_condition(const Upload& upload, int status, ResponseDraft& response) noexcept;
  Task<void> receive(const Upload& upload, const UploadCondition& condition,
                     ResponseDraft& response) noexcept;
  Task<int> fill(const Upload& upload, UploadFile& file) noexcept;
  Task<void> tell_published(const Upload& upload, const UploadDirectory::Published& published,
                            ResponseDraft& response) noexcept;
  Task<void> remove(const Upload& upload, ResponseDraft& response) noexcept;

  // What the preconditions come down to, or the status of a refusal.
  Task<std::expected<UploadCondition, int>> check_preconditions(const Upload& upload) noexcept;

  Parts parts_;
  ResumableUploads resumable_;
};

}  // namespace sluice
