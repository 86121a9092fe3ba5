#include "files/variant_store.h"

#include <fcntl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <sluice/unique_fd.h>

namespace sluice {

namespace {

using http::Coding;
using http::CodingSet;

// The cheapest first, so that something is there soon.
constexpr Coding kCodings[] = {Coding::kGzip, Coding::kZstd, Coding::kBrotli};

int64_t steady_ms() noexcept {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

CodingSet intersection(CodingSet some, CodingSet others) noexcept {
  CodingSet both{};
  for (const Coding coding : kCodings) {
    if (some.contains(coding) && others.contains(coding)) both.add(coding);
  }
  return both;
}

}  // namespace

class VariantStore::Making final : public WorkerPool::Job {
 public:
  Making(VariantStore& store, const VariantKey& key, UniqueFd fd, const FileState& state,
         CodingSet codings) noexcept
      : store_(store), key_(key), fd_(std::move(fd)), state_(state), codings_(codings) {}
  ~Making() override { store_.finished(key_); }

  void run(std::stop_token stop) noexcept override {
    const Original original{.fd = fd_.get(), .state = state_};
    for (const Coding coding : kCodings) {
      if (codings_.contains(coding) && !store_.make(key_, original, coding, stop)) return;
    }
  }

 private:
  VariantStore& store_;
  const VariantKey key_;
  const UniqueFd fd_;
  const FileState state_;
  const CodingSet codings_;
};

class VariantStore::Sweeping final : public WorkerPool::Job {
 public:
  explicit Sweeping(VariantDirectory& files) noexcept : files_(files) {}
  void run(std::stop_token stop) noexcept override { files_.sweep(std::move(stop)); }

 private:
  VariantDirectory& files_;
};

VariantStore::VariantStore(WorkerPool& pool, Settings settings)
    : pool_(pool),
      settings_(std::move(settings)),
      files_(settings_.directory, settings_.capacity_bytes) {
  if (files_.problem()) {
    failed(*files_.problem());
    return;
  }
  pool_.submit_background(std::make_unique<Sweeping>(files_));
}

CodingSet VariantStore::possible(const VariantKey& key, uint64_t size_bytes) noexcept {
  CodingSet codings{};
  if (!usable() || size_bytes < kLeastBytes || size_bytes > kMostBytes) return codings;
  const std::scoped_lock lock(mutex_);
  const auto forgone = forgone_.find(key);
  for (const Coding coding : kCodings) {
    if (forgone == forgone_.end() || !forgone->second.contains(coding)) codings.add(coding);
  }
  return codings;
}

void VariantStore::want(const VariantKey& key, const Original& original,
                        CodingSet codings) noexcept {
  codings = intersection(codings, possible(key, original.state.size_bytes));
  if (codings.empty() || steady_ms() < paused_until_ms_.load(std::memory_order_relaxed)) return;
  {
    const std::scoped_lock lock(mutex_);
    if (pending_.contains(key)) return;
    pending_.insert(key);
  }
  UniqueFd own(fcntl(original.fd, F_DUPFD_CLOEXEC, 0));
  if (!own) return finished(key);
  pool_.submit_background(
      std::make_unique<Making>(*this, key, std::move(own), original.state, codings));
}

bool VariantStore::make(const VariantKey& key, const Original& original, Coding coding,
                        const std::stop_token& stop) noexcept {
  const VariantName name(key, coding);
  if (files_.has(name)) return true;
  Result<VariantDirectory::Temporary> temporary = files_.create();
  if (!temporary) {
    failed(temporary.error());
    return false;
  }
  const uint64_t bound_bytes = (original.state.size_bytes * kWorthPercent - 1) / 100;
  const Compression compression =
      compress_file(original, temporary->fd(), coding, bound_bytes, stop);
  switch (compression.outcome) {
    case CompressionOutcome::kDone:
      break;
    case CompressionOutcome::kReadFailed:  // as likely the next time
    case CompressionOutcome::kNotWorth:
      forgo(key, coding);
      return true;
    case CompressionOutcome::kChanged:
    case CompressionOutcome::kStopped:
      return false;
    case CompressionOutcome::kWriteFailed:
      failed(error_from_errno(compression.system_errno, "write"));
      return false;
  }
  const Result<void> published =
      files_.publish(std::move(*temporary), name, compression.byte_count, stop);
  if (published) {
    reported_ = false;
    return true;
  }
  if (published.error().system_errno == 0) {
    forgo(key, coding);
    return true;
  }
  failed(published.error());
  return false;
}

void VariantStore::forgo(const VariantKey& key, Coding coding) noexcept {
  const std::scoped_lock lock(mutex_);
  const auto [place, added] = forgone_.try_emplace(key, CodingSet{});
  place->second.add(coding);
  if (!added) return;
  forgone_by_age_.push_back(key);
  if (forgone_by_age_.size() > kForgoneCount) {
    forgone_.erase(forgone_by_age_.front());
    forgone_by_age_.pop_front();
  }
}

void VariantStore::failed(const Error& error) noexcept {
  paused_until_ms_ = steady_ms() + static_cast<int64_t>(kPauseMs);
  if (reported_.exchange(true) || !settings_.log) return;
  settings_.log("cannot keep compressed files in '" + settings_.directory +
                "': " + to_string(error));
}

void VariantStore::finished(const VariantKey& key) noexcept {
  const std::scoped_lock lock(mutex_);
  pending_.erase(key);
}

}  // namespace sluice
