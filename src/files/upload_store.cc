#include "files/upload_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "files/upload_record_file.h"
#include "files/upload_sweep.h"

namespace sluice {

namespace {

constexpr mode_t kNewFile = 0666;

std::unexpected<UploadError> failure(int system_errno, const char* operation) noexcept {
  return std::unexpected(upload_error_from_errno(system_errno, operation));
}

std::unexpected<UploadError> failure(UploadProblem problem) noexcept {
  return std::unexpected(UploadError{problem, Error{ErrorCode::kSystem}});
}

bool cannot_copy_between(int system_errno) noexcept {
  return system_errno == EXDEV || system_errno == EINVAL || system_errno == EOPNOTSUPP ||
         system_errno == ENOSYS;
}

// From the start of a file to the start of an empty one. 0 or an errno.
int copy_all(int from, int to, uint64_t bytes) noexcept {
  off_t offset = 0;
  bool by_range = true;  // copy_file_range(2), where it can between these file systems
  while (bytes > 0) {
    const ssize_t copied = by_range ? copy_file_range(from, &offset, to, nullptr, bytes, 0)
                                    : sendfile(to, from, &offset, bytes);
    if (copied < 0 && errno == EINTR) continue;
    if (copied < 0 && by_range && cannot_copy_between(errno)) {
      by_range = false;
      continue;
    }
    if (copied < 0) return errno;
    if (copied == 0) return EIO;
    bytes -= static_cast<uint64_t>(copied);
  }
  return 0;
}

bool is_at(int directory, const std::string& name, int fd) noexcept {
  const Result<FileState> named = state_at(directory, name.c_str());
  const Result<FileState> open = state_of(fd);
  return named && open && named->device == open->device && named->inode == open->inode;
}

}  // namespace

size_t UploadStore::sweep() noexcept {
  const auto staging = uploads_.staging(false);
  if (!staging) return 0;
  const auto sweep = [&](SweepScope scope) {
    return sweep_uploads((*staging)->get(), uploads_.root(), options().resume_ms, scope);
  };
  const size_t left = sweep(SweepScope::kExpired);
  return left < kCapacity ? left : sweep(SweepScope::kOutcomes);
}

// Looking through them all takes the longer the more there are, so it is not done each time.
bool UploadStore::make_room() noexcept {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(count_mutex_);
  const bool lately = swept_at_ && now - *swept_at_ < kCountTrusted;
  if (!lately || (count_ >= kCapacity && created_since_sweep_)) {
    count_ = sweep();
    swept_at_ = now;
    created_since_sweep_ = false;
  }
  if (count_ >= kCapacity) return false;
  ++count_;
  created_since_sweep_ = true;
  return true;
}

void UploadStore::one_less() noexcept {
  const std::lock_guard lock(count_mutex_);
  if (count_ > 0) --count_;
}

UploadResult<StoredUpload> UploadStore::create(UploadRecord record) noexcept {
  // What cannot become a file is refused before its content is sent.
  if (const auto checked = uploads_.check(record.path); !checked) {
    return std::unexpected(checked.error());
  }
  const std::optional<UploadToken> token = UploadToken::make();
  if (!token) return failure(EAGAIN, "getrandom");
  auto staging = uploads_.staging(true);
  if (!staging) return std::unexpected(staging.error());
  if (!make_room()) return failure(UploadProblem::kTooMany);
  StoredUpload upload;
  upload.token_ = *token;
  upload.record_ = std::move(record);
  upload.staging_ = std::move(*staging);
  if (const auto opened = open_data(upload); !opened) {
    forget(upload);
    return std::unexpected(opened.error());
  }
  return upload;
}

UploadResult<void> UploadStore::open_data(StoredUpload& upload) noexcept {
  const int staging = upload.staging_->get();
  const std::string name = upload_data_name(upload.token_);
  constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  upload.file_.reset(openat(staging, name.c_str(), kFlags, kNewFile));
  if (!upload.file_) return failure(errno, "openat");
  if (flock(upload.file_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  const int failed = errno;
  unlinkat(staging, name.c_str(), 0);
  return failure(failed, "flock");
}

UploadResult<void> UploadStore::keep(StoredUpload& upload) noexcept {
  return upload.has_record_ ? UploadResult<void>() : save(upload);
}

UploadResult<void> UploadStore::save(StoredUpload& upload) noexcept {
  const auto saved =
      save_record(upload.staging_->get(), upload.token_, upload.record_, options().sync);
  if (saved) upload.has_record_ = true;
  return saved;
}

UploadResult<StoredUpload> UploadStore::open(const UploadToken& token,
                                             std::string_view path) noexcept {
  const auto staging = uploads_.staging(false);
  if (!staging) return std::unexpected(staging.error());
  StoredUpload upload;
  upload.token_ = token;
  upload.staging_ = *staging;
  const int directory = upload.staging_->get();
  const std::string name = upload_data_name(token);
  upload.file_.reset(openat(directory, name.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (!upload.file_ && errno != ENOENT) return failure(errno, "openat");
  if (upload.file_ && flock(upload.file_.get(), LOCK_EX | LOCK_NB) != 0) {
    // Who does not know the path does not learn that there is such an upload.
    const UploadResult<UploadRecord> record = load_record(directory, token);
    const bool known = record && record->path == path;
    return failure(known ? UploadProblem::kBusy : UploadProblem::kNotFound);
  }
  // Only now: whoever had the lock before may have completed or cancelled it.
  UploadResult<UploadRecord> record = load_record(directory, token);
  if (record && record->path == path && !record->outcome && !upload.file_) {
    if (is_published_now(token)) return failure(UploadProblem::kBusy);
    record = load_record(directory, token);  // it may have been until now
  }
  if (!record) return std::unexpected(record.error());
  if (record->path != path) return failure(UploadProblem::kNotFound);
  upload.record_ = std::move(*record);
  upload.has_record_ = true;
  if (upload.record_.outcome) {
    upload.file_.reset();
    upload.offset_ = upload.record_.outcome->size_bytes;
    const Result<FileState> state = state_at(directory, upload_record_name(token).c_str());
    if (state) upload.idle_ms_ = idle_ms(state->modified_seconds, state->modified_nanoseconds);
  } else {
    if (!upload.file_ || !is_at(directory, name, upload.file_.get())) {
      return failure(UploadProblem::kNotFound);
    }
    const Result<FileState> state = state_of(upload.file_.get());
    if (!state) return failure(state.error().system_errno, "statx");
    upload.offset_ = state->size_bytes;
    upload.idle_ms_ = idle_ms(state->modified_seconds, state->modified_nanoseconds);
  }
  if (upload.idle_ms_ >= options().resume_ms) return failure(UploadProblem::kNotFound);
  return upload;
}

UploadResult<void> UploadStore::set_length(StoredUpload& upload, uint64_t length) noexcept {
  upload.record_.length = length;
  return save(upload);
}

UploadResult<void> UploadStore::sync(const StoredUpload& upload) noexcept {
  if (options().sync == UploadSync::kNone || fdatasync(upload.fd()) == 0) return {};
  return failure(errno, "fdatasync");
}

bool UploadStore::worth_another_attempt(UploadProblem problem) noexcept {
  return problem == UploadProblem::kBusy || problem == UploadProblem::kExhausted ||
         problem == UploadProblem::kNoSpace || problem == UploadProblem::kSystem;
}

UploadStore::Publishing::Publishing(UploadStore& store, const UploadToken& token)
    : store_(store), token_(token) {
  const std::lock_guard lock(store_.publishing_mutex_);
  store_.publishing_.push_back(token_);
}

UploadStore::Publishing::~Publishing() {
  const std::lock_guard lock(store_.publishing_mutex_);
  std::erase(store_.publishing_, token_);
}

bool UploadStore::is_published_now(const UploadToken& token) noexcept {
  const std::lock_guard lock(publishing_mutex_);
  return std::ranges::find(publishing_, token) != publishing_.end();
}

UploadResult<UploadDirectory::Published> UploadStore::publish(StoredUpload& upload) noexcept {
  const Publishing publishing(*this, upload.token_);
  UploadResult<UploadDirectory::Published> published = publish_file(upload);
  if (!published) {
    if (!worth_another_attempt(published.error().problem)) cancel(std::move(upload));
    return published;
  }
  const FileState& state = published->state;
  upload.record_.outcome =
      UploadRecord::Outcome{.created = published->created,
                            .size_bytes = state.size_bytes,
                            .modified_seconds = state.modified_seconds,
                            .modified_nanoseconds = state.modified_nanoseconds};
  // The file is there, whatever becomes of its record.
  if (upload.has_record_ && save(upload)) return published;
  unlinkat(upload.staging_->get(), upload_record_name(upload.token_).c_str(), 0);
  forget(upload);
  return published;
}

UploadResult<UploadDirectory::Published> UploadStore::publish_file(StoredUpload& upload) noexcept {
  UploadFile file;
  const UploadRecord& record = upload.record_;
  if (const auto found = uploads_.find(record.path, options().make_parents, file); !found) {
    return std::unexpected(found.error());
  }
  if (!same_mount(upload.staging_->get(), file.parent_.get())) return publish_copy(upload);
  // The lock stays until the record says what has happened.
  file.fd_.reset(fcntl(upload.fd(), F_DUPFD_CLOEXEC, 0));
  if (!file.fd_) return failure(errno, "fcntl");
  file.temporary_.staging = upload.staging_;
  file.temporary_.name = upload_data_name(upload.token_);
  auto published = uploads_.publish(file, record.condition);
  if (!published) file.temporary_.staging.reset();  // the data stays
  return published;
}

UploadResult<UploadDirectory::Published> UploadStore::publish_copy(StoredUpload& upload) noexcept {
  UploadResult<UploadFile> file = uploads_.begin(upload.record_.path);
  if (!file) return std::unexpected(file.error());
  const int failed = copy_all(upload.fd(), file->fd(), upload.offset_);
  if (failed != 0) return failure(failed, "copy_file_range");
  auto published = uploads_.publish(*file, upload.record_.condition);
  if (published) unlinkat(upload.staging_->get(), upload_data_name(upload.token_).c_str(), 0);
  return published;
}

void UploadStore::cancel(StoredUpload upload) noexcept {
  const int staging = upload.staging_->get();
  unlinkat(staging, upload_record_name(upload.token_).c_str(), 0);
  unlinkat(staging, upload_data_name(upload.token_).c_str(), 0);
  forget(upload);
}

// What of it was in the directory of uploads is gone.
void UploadStore::forget(StoredUpload& upload) noexcept {
  upload.staging_.reset();
  uploads_.tidy();
  one_less();
}

}  // namespace sluice
