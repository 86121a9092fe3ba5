#include "files/content_hash.h"

#include <fcntl.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include <sluice/unique_fd.h>

#include "files/read_piece.h"

namespace sluice {

namespace {

constexpr size_t kPieceBytes = 256 * 1024;

// What is larger than this no request waits for to the end, and it must not keep others from the
// last worker.
constexpr uint64_t kForegroundBytes = 64ULL * 1024 * 1024;

uint64_t nanoseconds(int64_t seconds, uint32_t nanoseconds) noexcept {
  return static_cast<uint64_t>(seconds) * 1'000'000'000 + nanoseconds;
}

struct FreeState {
  void operator()(XXH3_state_t* state) const noexcept { XXH3_freeState(state); }
};

}  // namespace

Result<ContentHash> hash_content(int fd, const FileState& state, std::stop_token stop) noexcept {
  const std::unique_ptr<XXH3_state_t, FreeState> hasher(XXH3_createState());
  if (!hasher) return std::unexpected(error_from_errno(ENOMEM, "XXH3_createState"));
  XXH3_128bits_reset(hasher.get());
  const auto buffer = std::make_unique_for_overwrite<uint8_t[]>(kPieceBytes);
  wait_for_next_tick(state);
  posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  for (uint64_t offset = 0; offset < state.size_bytes;) {
    if (stop.stop_requested()) return std::unexpected(Error{ErrorCode::kTimedOut, 0, "pread"});
    const std::span<uint8_t> piece(buffer.get(),
                                   std::min<uint64_t>(kPieceBytes, state.size_bytes - offset));
    if (const Result<void> read = read_piece(fd, piece, offset); !read) {
      return std::unexpected(read.error());
    }
    XXH3_128bits_update(hasher.get(), piece.data(), piece.size());
    offset += piece.size();
  }
  const Result<FileState> now = state_of(fd);
  if (!now) return std::unexpected(now.error());
  if (*now != state) return std::unexpected(Error{ErrorCode::kChanged, 0, "statx"});
  const XXH128_hash_t hash = XXH3_128bits_digest(hasher.get());
  return ContentHash{.high = hash.high64, .low = hash.low64};
}

ContentHashes::Key::Key(const FileState& state) noexcept
    : device(state.device),
      inode(state.inode),
      size_bytes(state.size_bytes),
      modified_ns(nanoseconds(state.modified_seconds, state.modified_nanoseconds)),
      changed_ns(nanoseconds(state.changed_seconds, state.changed_nanoseconds)) {}

size_t ContentHashes::KeyHash::operator()(const Key& key) const noexcept {
  static_assert(std::has_unique_object_representations_v<Key>);
  return XXH3_64bits(&key, sizeof key);
}

// A coroutine that waits for a hash for a while. Linked, which the mutex guards, exactly while
// neither the hash nor the end of its patience has been chosen to resume it.
class ContentHashes::Patience final : public ListNode<Patience>, private Delivery, private Timer {
 public:
  Patience(Reactor& reactor, Mailbox& mailbox, ContentHashes& hashes, const Key& key,
           uint64_t patience_ms) noexcept
      : reactor_(reactor),
        mailbox_(mailbox),
        hashes_(hashes),
        key_(key),
        patience_ms_(patience_ms) {}

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiting) noexcept {
    coroutine = awaiting;
    const std::scoped_lock lock(hashes_.mutex_);
    if (const auto pending = hashes_.pending_.find(key_); pending != hashes_.pending_.end()) {
      pending->second.push_back(*this);
      reactor_.set_timer(*this, patience_ms_);
      return true;
    }
    if (const auto known = hashes_.known_.find(key_); known != hashes_.known_.end()) {
      hash_ = known->second;
    }
    return false;
  }
  std::optional<ContentHash> await_resume() noexcept {
    reactor_.timers().cancel(*this);
    return hash_;
  }

  // Takes all out of `waiting`, which leaves it to deliver() to resume them: the first of a chain
  // of them, or null. REQUIRES: the mutex is held.
  static Patience* end(Waiting& waiting, const std::optional<ContentHash>& hash) noexcept {
    Patience* first = nullptr;
    while (!waiting.empty()) {
      Patience& one = waiting.pop_front();
      one.hash_ = hash;
      one.next_ended_ = std::exchange(first, &one);
    }
    return first;
  }

  // REQUIRES: the mutex is not held, for each writes to a descriptor.
  static void deliver(Patience* first) noexcept {
    while (first != nullptr) {
      Patience& one = *first;
      first = one.next_ended_;  // `one` may be gone as soon as it is delivered
      one.mailbox_.deliver(one);
    }
  }

 private:
  void expire() noexcept override {
    const std::scoped_lock lock(hashes_.mutex_);
    if (!ListNode<Patience>::linked()) return;  // ended, and not yet resumed
    ListNode<Patience>::unlink();
    reactor_.make_ready(*this);
  }

  Reactor& reactor_;
  Mailbox& mailbox_;
  ContentHashes& hashes_;
  const Key key_;
  const uint64_t patience_ms_;
  std::optional<ContentHash> hash_;
  Patience* next_ended_ = nullptr;
};

// Outlives the request that began it. However it ends, its destructor resumes who waits.
class ContentHashes::Hashing final : public WorkerPool::Job {
 public:
  Hashing(ContentHashes& hashes, const Key& key, UniqueFd fd, const FileState& state) noexcept
      : hashes_(hashes), key_(key), fd_(std::move(fd)), state_(state) {}
  ~Hashing() override { hashes_.finish(key_, hash_); }

  void run(std::stop_token stop) noexcept override {
    if (!fd_) return;
    if (const auto hash = hash_content(fd_.get(), state_, std::move(stop))) hash_ = *hash;
  }

  // One that the pool does not own. False when it was not taken.
  static bool submit(WorkerPool& pool, std::unique_ptr<Hashing> hashing) noexcept {
    OwnsItself* const job = std::make_unique<OwnsItself>(std::move(hashing)).release();
    const bool taken = pool.submit(*job);
    if (!taken) delete job;
    return taken;
  }

 private:
  class OwnsItself final : public WorkerPool::Job {
   public:
    explicit OwnsItself(std::unique_ptr<Hashing> hashing) noexcept : hashing_(std::move(hashing)) {}
    void run(std::stop_token stop) noexcept override {
      hashing_->run(std::move(stop));
      delete this;
    }
    void dropped() noexcept override { delete this; }

   private:
    std::unique_ptr<Hashing> hashing_;
  };

  ContentHashes& hashes_;
  const Key key_;
  const UniqueFd fd_;
  const FileState state_;
  std::optional<ContentHash> hash_;
};

std::optional<ContentHash> ContentHashes::find(const Key& key) noexcept {
  const std::scoped_lock lock(mutex_);
  const auto found = known_.find(key);
  if (found == known_.end()) return std::nullopt;
  return found->second;
}

size_t ContentHashes::size() noexcept {
  const std::scoped_lock lock(mutex_);
  return known_.size();
}

void ContentHashes::begin(WorkerPool& pool, const Key& key, int fd,
                          const FileState& state) noexcept {
  {
    const std::scoped_lock lock(mutex_);
    if (known_.contains(key) || !pending_.try_emplace(key).second) return;
  }
  UniqueFd own(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!own) return finish(key, std::nullopt);
  auto hashing = std::make_unique<Hashing>(*this, key, std::move(own), state);
  if (state.size_bytes <= kForegroundBytes) {
    Hashing::submit(pool, std::move(hashing));
  } else {
    pool.submit_background(std::move(hashing));
  }
}

void ContentHashes::finish(const Key& key, const std::optional<ContentHash>& hash) noexcept {
  Patience* ended = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    if (hash) {
      known_.emplace(key, *hash);
      by_age_.push_back(key);
      if (by_age_.size() > count_) {
        known_.erase(by_age_.front());
        by_age_.pop_front();
      }
    }
    const auto pending = pending_.find(key);
    ended = Patience::end(pending->second, hash);
    pending_.erase(pending);
  }
  Patience::deliver(ended);
}

Task<std::optional<ContentHash>> content_hash_of(Reactor& reactor, Workers workers,
                                                 ContentHashes& hashes, int fd,
                                                 const FileState& state,
                                                 uint64_t patience_ms) noexcept {
  const ContentHashes::Key key(state);
  std::optional<ContentHash> hash = hashes.find(key);
  if (hash) co_return hash;
  hashes.begin(workers.pool, key, fd, state);
  ContentHashes::Patience waiting(reactor, workers.mailbox, hashes, key, patience_ms);
  hash = co_await waiting;
  co_return hash;
}

}  // namespace sluice
