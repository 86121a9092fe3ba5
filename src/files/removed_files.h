// Files that this process has taken the last name from.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "files/file_state.h"

namespace sluice {

class Mailbox;
class OpenFileTable;

// By which a shard is told of them, so that its table of open files does not keep them open for
// the next who asks: what they take on a disk is free as soon as nobody reads them any more. What
// other processes remove shows when it is next asked for, or when its time in the table is over.
class RemovedFiles {
 public:
  // `mailbox` is the shard's, and is woken when there is something to let go.
  explicit RemovedFiles(Mailbox& mailbox);
  ~RemovedFiles() { leave(); }
  RemovedFiles(const RemovedFiles&) = delete;
  RemovedFiles& operator=(const RemovedFiles&) = delete;

  // Has all shards of this process let go of a file that has just lost a name, and closes it, which
  // may take long where it is large. `before`: its state when it still had that name. Waits for the
  // shards, kPatience at most, and not for one that has not answered the last time. Thread-safe;
  // for workers, never for the thread of a shard.
  static void let_go_everywhere(const FileState& before) noexcept;
  static constexpr std::chrono::milliseconds kPatience{100};

  // What this shard was told of. For the thread of `files`.
  void let_go(OpenFileTable& files) noexcept;

  // It is told of nothing any more. Idempotent.
  void leave() noexcept;

 private:
  struct Request;
  struct Registry;
  static Registry& registry();

  void add(const std::shared_ptr<Request>& request);
  // The first `count` of what was asked for is done.
  void answer(size_t count) noexcept;

  Mailbox& mailbox_;
  std::atomic<bool> asked_ = false;  // saves the loop a lock
  // These by the registry's mutex.
  std::vector<std::shared_ptr<Request>> requests_;
  bool late_ = false;  // true from a wait in vain to the next answer
};

}  // namespace sluice
