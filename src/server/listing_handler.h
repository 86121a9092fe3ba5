// Answers with what a directory holds.
#pragma once

#include "runtime/offload.h"
#include "runtime/task.h"
#include "server/mounted_directory.h"
#include "server/request.h"
#include "server/response.h"

namespace sluice {

// A page of the directory, read and written by a worker: as HTML, or as JSON where the client
// prefers that (RFC 9110 §12.5.1). Not thread-safe: one a shard.
class ListingHandler {
 public:
  explicit ListingHandler(Workers workers) noexcept : workers_(workers) {}

  // REQUIRES: the target of `request` is in `mount`, and names a directory.
  Task<void> respond(const Request& request, const MountedDirectory& mount,
                     Response& response) noexcept;

 private:
  Workers workers_;
};

}  // namespace sluice
