// A directory that is open, with its options compiled.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sluice/site.h>

#include "base/assert.h"
#include "files/document_root.h"
#include "files/upload_directory.h"
#include "rules/pattern.h"
#include "server/mounted_directory.h"
#include "server/resumable_uploads.h"

namespace sluice {

// Made once, then read by every shard.
struct ServedDirectory {
  // Throws StartError when the root cannot be opened. REQUIRES: the patterns are such.
  explicit ServedDirectory(Directory directory)
      : options(std::move(directory)), root(options.root, options.symlinks) {
    for (const std::string& text : options.fallback_exclude) {
      auto pattern = rules::Pattern::compile(text);
      SLUICE_CHECK(pattern.has_value());
      fallback_exclude.push_back(std::move(*pattern));
    }
    if (!options.uploads) return;
    uploads = std::make_unique<UploadDirectory>(root, options.upload);
    resumable = std::make_unique<ResumableDirectory>(*uploads);
  }

  // As what is at `prefix`. This outlives it.
  MountedDirectory at(std::string prefix) const {
    return {.prefix = std::move(prefix),
            .root = root,
            .options = options,
            .fallback_exclude = fallback_exclude,
            .uploads = uploads.get(),
            .resumable = resumable.get()};
  }

  const Directory options;
  const DocumentRoot root;
  std::vector<rules::Pattern> fallback_exclude;
  std::unique_ptr<UploadDirectory> uploads;  // null exactly when there are none, as the next
  std::unique_ptr<ResumableDirectory> resumable;
};

}  // namespace sluice
