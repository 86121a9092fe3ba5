// Which of a file's variants a client is sent (RFC 9110 §12.1).
#pragma once

#include <string_view>

#include "files/open_file_table.h"
#include "files/variant_store.h"
#include "runtime/task.h"
#include "server/mounted_directory.h"
#include "server/path_buffer.h"
#include "server/site_request.h"

namespace sluice {

struct ChosenVariant {
  FileReference file;   // empty: the client accepts none of them (406)
  bool varies = false;  // there is more than one (Vary, §12.5.5)
};

// Looks for FILE.br, FILE.zst and FILE.gz beside a file, and for what a VariantStore has made of
// it. A variant that is older than its file is not used. Not thread-safe: one a shard.
class VariantChooser {
 public:
  // `store` may be null; `made` is the directory that it writes to, and null exactly when it is.
  VariantChooser(OpenFileTable& files, VariantStore* store, const DocumentRoot* made) noexcept
      : files_(files), store_(store), made_(made) {}

  // True exactly when there is something to choose: `file` may have variants, or is known to have
  // none and the client may refuse it as it is.
  bool applies(const MountedDirectory& mount, const SiteRequest& request,
               const OpenFile& file) const noexcept;

  // REQUIRES: applies(). Everything stays as it is until this is done.
  Task<ChosenVariant> choose(const SiteRequest& request, const MountedDirectory& mount,
                             FileReference file, PathBuffer& buffer) noexcept;

 private:
  // True exactly when variants of `file` that are missing are made.
  bool makes(const MountedDirectory& mount, const OpenFile& file) const noexcept;
  struct Seen {
    http::CodingSet codings;
    bool certain = true;  // false: another may be there that could not be opened
  };
  Task<Seen> look(const MountedDirectory& mount, const OpenFile& file, PathBuffer& buffer) noexcept;
  // These open a variant. kNotFound and kForbidden: there is none to be had.
  Task<Result<FileReference>> open(const MountedDirectory& mount, const OpenFile& file,
                                   http::Coding coding, PathBuffer& buffer) noexcept;
  Task<Result<FileReference>> open_beside(const MountedDirectory& mount, const OpenFile& file,
                                          http::Coding coding, PathBuffer& buffer) noexcept;
  Task<Result<FileReference>> open_made(const MountedDirectory& mount, const OpenFile& file,
                                        http::Coding coding, PathBuffer& buffer) noexcept;

  OpenFileTable& files_;
  VariantStore* store_;
  const DocumentRoot* made_;
};

}  // namespace sluice
