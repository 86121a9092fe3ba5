#include "files/upload_sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "files/upload_name.h"
#include "files/upload_record_file.h"

namespace sluice {

namespace {

// How long data may be without its record: until it is locked nobody else can tell that somebody is
// at work on it.
constexpr uint64_t kBeginsMs = 60'000;

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { closedir(directory); }
};

std::vector<std::string> names_in(int directory) {
  std::vector<std::string> names;
  // Of its own: reading moves the position.
  const int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return names;
  const std::unique_ptr<DIR, CloseDirectory> stream(fdopendir(fd));
  if (!stream) {
    close(fd);
    return names;
  }
  while (const dirent* const entry = readdir(stream.get())) {
    const std::string_view name(&entry->d_name[0]);
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

// A note leads to a temporary name beside the file that it was for.
void remove_noted(int staging, const std::string& name, const DocumentRoot& root) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = readlinkat(staging, name.c_str(), target.data(), target.size());
  if (length <= 0 || static_cast<size_t>(length) >= target.size()) return;
  const std::string_view path(target.data(), static_cast<size_t>(length));
  if (!path.ends_with(name) || !is_upload_name(name)) return;
  std::string_view parent = path.substr(0, path.size() - name.size());
  if (parent.ends_with('/')) parent.remove_suffix(1);
  const Result<UniqueFd> directory = root.open_directory(std::string(parent));
  if (directory) unlinkat(directory->get(), name.c_str(), 0);
}

// Milliseconds since the file was changed; absent where there is none.
std::optional<uint64_t> idle_ms_of(int directory, const std::string& name) noexcept {
  const Result<FileState> state = state_at(directory, name.c_str());
  if (!state || !state->regular()) return std::nullopt;
  return idle_ms(state->modified_seconds, state->modified_nanoseconds);
}

// Whether what the record without data is for has become a file. If not, its process was killed
// before it could say so, and nobody can go on with it.
bool is_complete(int staging, const UploadToken& token) noexcept {
  const UploadResult<UploadRecord> record = load_record(staging, token);
  return record && record->outcome;
}

bool is_wanted(int staging, const UploadToken& token, bool has_data, SweepScope scope) noexcept {
  switch (scope) {
    case SweepScope::kAll:
      return has_data || is_complete(staging, token);
    case SweepScope::kExpired:
      return true;
    case SweepScope::kOutcomes:
      return has_data;  // one that is complete has none any more
  }
  return true;
}

// Whether the upload of that token is kept; removes it if not.
bool keep_upload(int staging, const UploadToken& token, uint64_t resume_ms, SweepScope scope) {
  const std::string data = upload_data_name(token);
  const std::string record = upload_record_name(token);
  const auto record_idle = idle_ms_of(staging, record);
  const auto data_idle = idle_ms_of(staging, data);
  const uint64_t idle = std::min(record_idle.value_or(UINT64_MAX), data_idle.value_or(UINT64_MAX));
  if (record_idle && idle < resume_ms && is_wanted(staging, token, data_idle.has_value(), scope)) {
    return true;
  }
  // Data without a record may be about to be locked, by who has just made it.
  if (!record_idle && scope != SweepScope::kAll && data_idle.value_or(kBeginsMs) < kBeginsMs) {
    return true;
  }
  const UniqueFd fd(openat(staging, data.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (fd && flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return true;
  // Who had the lock until now may have kept it.
  if (!record_idle && idle_ms_of(staging, record)) return true;
  unlinkat(staging, record.c_str(), 0);
  unlinkat(staging, data.c_str(), 0);
  return false;
}

}  // namespace

uint64_t idle_ms(int64_t modified_seconds, uint32_t modified_nanoseconds) noexcept {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const int64_t now_ms = std::chrono::floor<std::chrono::milliseconds>(now).count();
  const int64_t modified_ms = modified_seconds * 1000 + modified_nanoseconds / 1'000'000;
  return now_ms > modified_ms ? static_cast<uint64_t>(now_ms - modified_ms) : 0;
}

size_t sweep_uploads(int staging, const DocumentRoot& root, uint64_t resume_ms,
                     SweepScope scope) noexcept {
  constexpr std::string_view kRecord = kUploadRecordSuffix;
  size_t kept = 0;
  for (const std::string& name : names_in(staging)) {
    const bool is_record = name.ends_with(kRecord);
    const std::string data = is_record ? name.substr(0, name.size() - kRecord.size()) : name;
    if (const auto token = UploadToken::parse(data)) {
      // Each upload is counted once: by its record, where it has one.
      const bool has_record = is_record || idle_ms_of(staging, data + kUploadRecordSuffix);
      if (is_record || !has_record) kept += keep_upload(staging, *token, resume_ms, scope) ? 1 : 0;
      continue;
    }
    if (scope != SweepScope::kAll) continue;
    remove_noted(staging, name, root);
    unlinkat(staging, name.c_str(), 0);
  }
  return kept;
}

}  // namespace sluice
