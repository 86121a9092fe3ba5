// Uploads that were interrupted, and may be gone on with: by any process, until they expire.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "files/upload_directory.h"
#include "files/upload_name.h"
#include "files/upload_record.h"

namespace sluice {

// An upload that the caller alone is at work on: a lock on its file (flock(2)) says so, across
// processes. Once the upload is kept (UploadStore::keep()) what has been written into the file
// stays when this is destroyed.
class StoredUpload {
 public:
  const UploadToken& token() const noexcept { return token_; }
  const UploadRecord& record() const noexcept { return record_; }

  // For writing at offset() and behind; -1 when the upload is complete.
  int fd() const noexcept { return file_.get(); }

  // Bytes that are there.
  uint64_t offset() const noexcept { return offset_; }
  // To be told after bytes were written.
  void advance(uint64_t bytes) noexcept {
    offset_ += bytes;
    if (bytes > 0) idle_ms_ = 0;
  }

  // Since its last byte, or since its completion.
  uint64_t idle_ms() const noexcept { return idle_ms_; }

 private:
  friend class UploadStore;

  UploadToken token_;
  UploadRecord record_;
  bool has_record_ = false;  // as a file
  std::shared_ptr<const UniqueFd> staging_;
  UniqueFd file_;
  uint64_t offset_ = 0;
  uint64_t idle_ms_ = 0;
};

// Each upload is two files in the directory of `uploads`: what has arrived, whose size is the
// offset, and, from keep() on, a record of what it is for. Thread-safe. All of it blocks: for
// workers.
class UploadStore {
 public:
  // How many there may be at once. What is kept of those that are complete makes room for others.
  static constexpr size_t kCapacity = 1024;

  // `uploads` must outlive this.
  explicit UploadStore(UploadDirectory& uploads) noexcept : uploads_(uploads) {}

  // A new upload to record.path; refused where UploadDirectory::check() is. kTooMany when there are
  // too many already that have not expired; what has expired since shows within a second. Until
  // keep() nobody else finds it, and a sweep removes it once this process has ended.
  UploadResult<StoredUpload> create(UploadRecord record) noexcept;

  // Has open() find it until it expires, also after a restart. To be called before its client is
  // told of it. Does nothing the second time.
  UploadResult<void> keep(StoredUpload& upload) noexcept;

  // The upload of that token to that path. kNotFound when there is none (any more); kBusy while
  // somebody else has it open.
  UploadResult<StoredUpload> open(const UploadToken& token, std::string_view path) noexcept;

  // Notes how long the whole will be. REQUIRES: it is kept; the record has no length yet.
  UploadResult<void> set_length(StoredUpload& upload, uint64_t length) noexcept;

  // What was appended is on the disk as Uploads::sync says.
  UploadResult<void> sync(const StoredUpload& upload) noexcept;

  // Whether publishing after a failure of that kind may still succeed.
  static bool worth_another_attempt(UploadProblem problem) noexcept;

  // Gives the file its name (UploadDirectory::publish(), with the condition of the record). A
  // failure that is not worth_another_attempt() removes the upload. After success the record, if it
  // was kept, stays until it expires, so that a client that has missed the response can learn of
  // it.
  UploadResult<UploadDirectory::Published> publish(StoredUpload& upload) noexcept;

  // Removes it, with all that has arrived.
  void cancel(StoredUpload upload) noexcept;

  // Removes those that have expired, as create() does; where there are too many, also what is kept
  // of those that are complete. Returns how many are left.
  size_t sweep() noexcept;

  const Uploads& options() const noexcept { return uploads_.options(); }

 private:
  // As long as this lives open() says kBusy of what is published.
  class Publishing {
   public:
    Publishing(UploadStore& store, const UploadToken& token);
    ~Publishing();
    Publishing(const Publishing&) = delete;
    Publishing& operator=(const Publishing&) = delete;

   private:
    UploadStore& store_;
    const UploadToken token_;
  };
  bool is_published_now(const UploadToken& token) noexcept;

  // Whether there may be one more, which is counted then.
  bool make_room() noexcept;
  void one_less() noexcept;

  UploadResult<void> open_data(StoredUpload& upload) noexcept;
  UploadResult<void> save(StoredUpload& upload) noexcept;
  UploadResult<UploadDirectory::Published> publish_file(StoredUpload& upload) noexcept;
  UploadResult<UploadDirectory::Published> publish_copy(StoredUpload& upload) noexcept;

  void forget(StoredUpload& upload) noexcept;

  UploadDirectory& uploads_;
  // How many there are of this and all other processes, as far as is known: what others do shows
  // when it is counted again.
  static constexpr std::chrono::seconds kCountTrusted{1};
  std::mutex count_mutex_;
  size_t count_ = 0;
  bool created_since_sweep_ = false;
  std::optional<std::chrono::steady_clock::time_point> swept_at_;

  std::mutex publishing_mutex_;
  // Their data may have its name already, and their records do not say so yet.
  std::vector<UploadToken> publishing_;
};

}  // namespace sluice
