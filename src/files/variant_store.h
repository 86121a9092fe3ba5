// Compressed variants that sluice makes itself.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/assert.h"
#include "files/compressor.h"
#include "files/variant_directory.h"
#include "files/variant_name.h"
#include "http/accept_encoding.h"
#include "runtime/worker_pool.h"

namespace sluice {

// Makes variants that are missing, by background work, and keeps them in a directory. A variant
// appears all at once, under its VariantName, when it is complete. Files in the directory may be
// removed at any time, and servers of one user may share it.
//
// Thread-safe: shards share one. REQUIRES: the pool is stopped before this is destroyed.
class VariantStore {
 public:
  // Only files of this size are compressed.
  static constexpr uint64_t kLeastBytes = 256;
  static constexpr uint64_t kMostBytes = 64ULL * 1024 * 1024;
  // A variant is kept when it is smaller than this, of the original.
  static constexpr uint64_t kWorthPercent = 95;
  // After a failed write nothing is begun for this long.
  static constexpr uint64_t kPauseMs = 60'000;
  // Variants not worth it that are remembered.
  static constexpr size_t kForgoneCount = 16'384;

  struct Settings {
    std::string directory;
    uint64_t capacity_bytes = 0;  // see VariantDirectory
    // Told, on a worker or the thread of the constructor, when the directory cannot be used or
    // written to; not again until a variant has been stored. Must not throw.
    std::function<void(std::string_view)> log;
  };

  // Makes the directory if there is none, and has a worker sweep it. For what the system refuses
  // nothing is thrown: then usable() is false, and want() does nothing.
  VariantStore(WorkerPool& pool, Settings settings);
  VariantStore(const VariantStore&) = delete;
  VariantStore& operator=(const VariantStore&) = delete;
  ~VariantStore() { SLUICE_ASSERT(pending_.empty()); }

  bool usable() const noexcept { return !files_.problem(); }
  const std::string& directory() const noexcept { return settings_.directory; }

  // The codings that may be had of this file, now or later: none for a size that is not compressed,
  // and without those that have turned out not to be worth it. Short, no allocation.
  http::CodingSet possible(const VariantKey& key, uint64_t size_bytes) noexcept;

  // Has those of `codings` made that are missing and possible(). Never waits; no allocation when
  // there is nothing to do. The work has a descriptor of its own. What cannot begin now, because
  // too much waits, is forgotten: the next request will want it again.
  void want(const VariantKey& key, const Original& original, http::CodingSet codings) noexcept;

 private:
  class Making;
  class Sweeping;

  struct KeyHash {
    size_t operator()(const VariantKey& key) const noexcept { return key.low; }
  };

  // On a worker. Returns false when there is no point in going on with this original.
  bool make(const VariantKey& key, const Original& original, http::Coding coding,
            const std::stop_token& stop) noexcept;
  // Remembers that the variant is not worth it.
  void forgo(const VariantKey& key, http::Coding coding) noexcept;
  void failed(const Error& error) noexcept;
  void finished(const VariantKey& key) noexcept;

  WorkerPool& pool_;
  const Settings settings_;
  VariantDirectory files_;

  std::mutex mutex_;  // held for moments only
  std::unordered_set<VariantKey, KeyHash> pending_;
  std::unordered_map<VariantKey, http::CodingSet, KeyHash> forgone_;
  std::deque<VariantKey> forgone_by_age_;

  std::atomic<int64_t> paused_until_ms_ = INT64_MIN;
  std::atomic<bool> reported_ = false;
};

}  // namespace sluice
