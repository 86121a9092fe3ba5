// Files stay open between requests for them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sluice/error.h>

#include "files/document_root.h"
#include "files/open_file.h"
#include "runtime/reactor.h"
#include "runtime/task.h"

namespace sluice {

// Root, path and coding → OpenFile, bounded in number and age. A file that was written to,
// replaced, renamed or removed is noticed when it is next asked for, by its change time, and its
// path is looked up again. What that cannot show, a directory above it that was renamed, is noticed
// when the entry's time is over. A path through a symbolic link is looked up every time. What this
// process removes itself is let go at once (files/removed_files.h).
//
// Not thread-safe: one a shard. Must outlive the references that it handed out.
class OpenFileTable : private Timer {
 public:
  OpenFileTable(Reactor& reactor, uint32_t file_count, uint64_t ttl_ms);
  ~OpenFileTable();
  OpenFileTable(const OpenFileTable&) = delete;
  OpenFileTable& operator=(const OpenFileTable&) = delete;

  // A file that is open already, or empty: then open() it.
  FileReference find(const FileKey& key) noexcept;

  // Opens a regular file or a directory; anything else is kNotFound. `request` must stay as it is
  // until this is done. Only regular files are kept.
  Task<Result<FileReference>> open(const FileRequest& request) noexcept;

  // A file that has lost its last name.
  struct Removed {
    uint64_t device;
    uint64_t inode;
    std::vector<UniqueFd> closing;  // where nobody uses it, for the caller to close
  };
  // No later find() yields these, whatever path leads to them. What is used is closed after that.
  void let_go(std::span<Removed> files);

  // Notes what has been found out about a file, for its later users. REQUIRES: not empty.
  void set_content_tag(FileReference& file, const http::EntityTag& tag) noexcept;
  void set_variants(FileReference& file, http::CodingSet variants) noexcept;

 private:
  friend class FileReference;

  OpenFile& blank();
  void keep(OpenFile& file);
  void forget(OpenFile& file) noexcept;  // not to be found again
  void forget_older_than(uint64_t opened_ms) noexcept;
  void dropped(OpenFile& file) noexcept;  // a reference is gone
  void expire() noexcept override;

  Reactor& reactor_;
  const uint32_t file_count_;
  const uint64_t ttl_ms_;
  std::unordered_map<FileKey, OpenFile*, FileKeyHash> by_key_;  // keys are OpenFile::key()
  IntrusiveList<OpenFile, OpenFile> by_age_;                    // the kept ones, oldest first
  bool ending_ = false;                                         // true exactly in the destructor
  // All that were ever made, and those that are not in use: they are used again.
  std::vector<std::unique_ptr<OpenFile>> all_;
  std::vector<OpenFile*> blank_;
};

}  // namespace sluice
