// Answers requests with the files of a directory.
#pragma once

#include "files/content_hash.h"
#include "files/open_file_table.h"
#include "runtime/offload.h"
#include "runtime/task.h"
#include "server/file_finder.h"
#include "server/listing_handler.h"
#include "server/mounted_directory.h"
#include "server/path_buffer.h"
#include "server/response_draft.h"
#include "server/site_request.h"
#include "server/variant_chooser.h"

namespace sluice {

// GET and HEAD of regular files and of directories. Not thread-safe: one a shard. Everything it is
// given outlives it.
class StaticHandler {
 public:
  struct Parts {
    Reactor& reactor;
    Workers workers;
    OpenFileTable& files;
    ContentHashes& hashes;
    VariantStore* store;       // null: no variants are made
    const DocumentRoot* made;  // where they are
    uint64_t listing_bytes;    // see Limits
  };

  explicit StaticHandler(const Parts& parts) noexcept
      : parts_(parts),
        finder_(parts.files),
        variants_(parts.files, parts.store, parts.made),
        listings_(parts.workers, parts.listing_bytes) {}

  // The file that the target of `request` leads to, if it is open already; or empty. `buffer` is in
  // use until this returns.
  FileReference find_open(const SiteRequest& request, const MountedDirectory& mount,
                          PathBuffer& buffer) noexcept;

  // What the target of `request` leads to in the directory that it is in. `buffer` is in use until
  // this is done.
  Task<Found> find(const SiteRequest& request, const MountedDirectory& mount,
                   PathBuffer& buffer) noexcept;

  // Decides on the response if nothing has to be waited for. False: it has, respond() does it.
  bool respond_at_once(const SiteRequest& request, const MountedDirectory& mount, Found& found,
                       ResponseDraft& response) noexcept;

  // Decides on the response. REQUIRES: respond_at_once() has returned false.
  Task<void> respond(const SiteRequest& request, const MountedDirectory& mount, Found found,
                     PathBuffer& buffer, ResponseDraft& response) noexcept;

  // The regular file of exactly the target's name, with its entity tag (if that is not long in
  // coming); or empty. `buffer` is in use until this is done.
  Task<FileReference> find_exactly(const SiteRequest& request, const MountedDirectory& mount,
                                   PathBuffer& buffer) noexcept;

  // Puts the page that the directory has for the response's status, if it has one, in the place of
  // the built-in page. REQUIRES: response.fail() before.
  Task<void> replace_page(const MountedDirectory& mount, ResponseDraft& response) noexcept;

 private:
  Task<void> add_content_tag(FileReference& file) noexcept;

  Parts parts_;
  FileFinder finder_;
  VariantChooser variants_;
  ListingHandler listings_;
};

}  // namespace sluice
