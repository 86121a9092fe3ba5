// What a file's content is, in 128 bits: for entity tags where times tell nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <unordered_map>

#include <sluice/error.h>

#include "base/intrusive_list.h"
#include "files/file_state.h"
#include "runtime/mailbox.h"
#include "runtime/offload.h"
#include "runtime/task.h"

namespace sluice {

// XXH3-128, in its canonical order. It tells contents apart, and does not withstand somebody who
// makes two of equal hash on purpose: all that he gains is a wrong 304 for his own file.
struct ContentHash {
  uint64_t high = 0;
  uint64_t low = 0;

  friend bool operator==(const ContentHash&, const ContentHash&) noexcept = default;
};

// Reads the whole file, in pieces and from its beginning; the offset of `fd` stays where it is. For
// a worker: takes as long as the file is large, and up to 20 ms more when the file has just been
// written to, so that no later change has the same time. `state` is what the file was like when it
// was opened. kChanged when the file ends early or is not in that state any more afterwards,
// kTimedOut when `stop` was requested.
Result<ContentHash> hash_content(int fd, const FileState& state, std::stop_token stop) noexcept;

// The hashes that are known, by file and state, and those that are being made. Bounded: the oldest
// are forgotten. Thread-safe: shards share one. REQUIRES: the WorkerPool that it was used with is
// stopped before this is destroyed.
class ContentHashes {
 public:
  static constexpr size_t kDefaultCount = 16'384;

  // One state of one file. A rename keeps it, every write changes it.
  struct Key {
    explicit Key(const FileState& state) noexcept;

    friend bool operator==(const Key&, const Key&) noexcept = default;

    uint64_t device;
    uint64_t inode;
    uint64_t size_bytes;
    uint64_t modified_ns;
    uint64_t changed_ns;
  };

  explicit ContentHashes(size_t count = kDefaultCount) : count_(count) {}
  ContentHashes(const ContentHashes&) = delete;
  ContentHashes& operator=(const ContentHashes&) = delete;
  ~ContentHashes() { SLUICE_ASSERT(pending_.empty()); }

  // Never waits for a file.
  std::optional<ContentHash> find(const Key& key) noexcept;

  size_t size() noexcept;

 private:
  friend Task<std::optional<ContentHash>> content_hash_of(Reactor& reactor, Workers workers,
                                                          ContentHashes& hashes, int fd,
                                                          const FileState& state,
                                                          uint64_t patience_ms) noexcept;
  class Hashing;
  class Patience;

  struct KeyHash {
    size_t operator()(const Key& key) const noexcept;
  };
  using Waiting = IntrusiveList<Patience, Patience>;

  // Has a worker hash the file, unless its hash is known or being made.
  void begin(WorkerPool& pool, const Key& key, int fd, const FileState& state) noexcept;
  // Resumes who waits for `key`.
  void finish(const Key& key, const std::optional<ContentHash>& hash) noexcept;

  const size_t count_;
  std::mutex mutex_;
  std::unordered_map<Key, ContentHash, KeyHash> known_;
  std::deque<Key> by_age_;  // the keys of known_, oldest first
  std::unordered_map<Key, Waiting, KeyHash> pending_;
};

// The hash of the open file `fd`, which is in `state`: at once where it is known, else made by a
// worker. Nothing when that takes longer than `patience_ms` (then it goes on, on a descriptor of
// its own, and the next request finds it), fails, or cannot begin because too much waits already.
// However many ask for a file at once, it is read once. REQUIRES: on the reactor's thread, which
// takes the mailbox's deliveries.
Task<std::optional<ContentHash>> content_hash_of(Reactor& reactor, Workers workers,
                                                 ContentHashes& hashes, int fd,
                                                 const FileState& state,
                                                 uint64_t patience_ms) noexcept;

}  // namespace sluice
