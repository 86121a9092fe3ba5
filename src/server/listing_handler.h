// Answers with what a directory holds.
#pragma once

#include <cstdint>

#include "runtime/offload.h"
#include "runtime/task.h"
#include "server/mounted_directory.h"
#include "server/response_draft.h"
#include "server/site_request.h"

namespace sluice {

// A page of the directory, read and written by a worker: as HTML, or as JSON where the client
// prefers that (RFC 9110 §12.5.1). Not thread-safe: one a shard.
class ListingHandler {
 public:
  // `most_bytes`: what all pages that are on their way may take together; 503 beyond.
  ListingHandler(Workers workers, uint64_t most_bytes) noexcept
      : workers_(workers), most_bytes_(most_bytes) {}

  // REQUIRES: the target of `request` is in `mount`, and names a directory.
  Task<void> respond(const SiteRequest& request, const MountedDirectory& mount,
                     ResponseDraft& response) noexcept;

 private:
  Workers workers_;
  const uint64_t most_bytes_;
  uint64_t held_bytes_ = 0;
};

}  // namespace sluice
