#include "files/removed_files.h"

#include <algorithm>
#include <condition_variable>
#include <iterator>
#include <utility>

#include "files/open_file_table.h"
#include "runtime/mailbox.h"

namespace sluice {

struct RemovedFiles::Request {
  uint64_t device;
  uint64_t inode;
  // By the registry's mutex, as all of the following.
  std::vector<const RemovedFiles*> awaited;
  std::vector<UniqueFd> closing;
  std::condition_variable answered;
};

// Of all shards of all servers of the process: a directory may be in several.
struct RemovedFiles::Registry {
  std::mutex mutex;
  std::vector<RemovedFiles*> members;
};

RemovedFiles::Registry& RemovedFiles::registry() {
  // Never destroyed: servers may end later than what is static here.
  static Registry& registry = *new Registry;
  return registry;
}

RemovedFiles::RemovedFiles(Mailbox& mailbox) : mailbox_(mailbox) {
  const std::lock_guard lock(registry().mutex);
  registry().members.push_back(this);
}

void RemovedFiles::leave() noexcept {
  const std::lock_guard lock(registry().mutex);
  std::erase(registry().members, this);
  answer(requests_.size());
}

void RemovedFiles::let_go_everywhere(const FileState& before) noexcept {
  if (before.link_count > 1) return;  // it has another name
  const auto request = std::make_shared<Request>(before.device, before.inode);
  std::vector<UniqueFd> closing;  // without the lock
  {
    std::unique_lock lock(registry().mutex);
    for (RemovedFiles* const member : registry().members) member->add(request);
    request->answered.wait_for(lock, kPatience, [&] { return request->awaited.empty(); });
    for (RemovedFiles* const member : registry().members) {
      if (std::ranges::find(request->awaited, member) != request->awaited.end()) {
        member->late_ = true;
      }
    }
    closing = std::move(request->closing);
  }
}

void RemovedFiles::let_go(OpenFileTable& files) noexcept {
  if (!asked_.exchange(false, std::memory_order_acquire)) return;
  std::vector<OpenFileTable::Removed> removed;
  {
    const std::lock_guard lock(registry().mutex);
    for (const auto& request : requests_) {
      removed.push_back({.device = request->device, .inode = request->inode, .closing = {}});
    }
  }
  files.let_go(removed);
  const std::lock_guard lock(registry().mutex);
  // What was asked for meanwhile stands behind these, and waits for the next turn.
  for (size_t i = 0; i < removed.size(); ++i) {
    std::ranges::move(removed[i].closing, std::back_inserter(requests_[i]->closing));
  }
  answer(removed.size());
}

void RemovedFiles::add(const std::shared_ptr<Request>& request) {
  requests_.push_back(request);
  if (!late_) request->awaited.push_back(this);
  asked_.store(true, std::memory_order_release);
  mailbox_.wake();
}

void RemovedFiles::answer(size_t count) noexcept {
  late_ = false;
  for (size_t i = 0; i < count; ++i) {
    std::erase(requests_[i]->awaited, this);
    if (requests_[i]->awaited.empty()) requests_[i]->answered.notify_one();
  }
  requests_.erase(requests_.begin(), requests_.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace sluice
