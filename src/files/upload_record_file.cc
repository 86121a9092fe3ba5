#include "files/upload_record_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <sluice/unique_fd.h>

namespace sluice {

namespace {

// More than a record with the longest path has.
constexpr size_t kRecordBytes = 8 * 1024;
constexpr mode_t kPrivate = 0600;

std::unexpected<UploadError> failure(int system_errno, const char* operation) noexcept {
  return std::unexpected(upload_error_from_errno(system_errno, operation));
}

std::unexpected<UploadError> not_found() noexcept {
  return std::unexpected(UploadError{UploadProblem::kNotFound, Error{ErrorCode::kSystem}});
}

// Reads to the end, or until `bytes` is full. Returns how much there was, or -1.
ssize_t read_all(int fd, std::span<char> bytes) noexcept {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = read(fd, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return static_cast<ssize_t>(done);
}

// 0 or an errno.
int write_all(int fd, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

}  // namespace

std::string upload_data_name(const UploadToken& token) { return std::string(token.view()); }

std::string upload_record_name(const UploadToken& token) {
  return upload_data_name(token) + kUploadRecordSuffix;
}

UploadResult<UploadRecord> load_record(int staging, const UploadToken& token) noexcept {
  constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC;
  const UniqueFd file(openat(staging, upload_record_name(token).c_str(), kFlags));
  if (!file) return errno == ENOENT ? not_found() : failure(errno, "openat");
  std::array<char, kRecordBytes> text;
  const ssize_t bytes = read_all(file.get(), text);
  if (bytes < 0) return failure(errno, "read");
  auto record = read_record({text.data(), static_cast<size_t>(bytes)});
  if (!record) return not_found();
  return std::move(*record);
}

UploadResult<void> save_record(int staging, const UploadToken& token, const UploadRecord& record,
                               UploadSync sync) noexcept {
  const std::optional<UploadToken> random = UploadToken::make();
  if (!random) return failure(EAGAIN, "getrandom");
  const std::string temporary = std::string(kUploadNamePrefix) + '-' + std::string(random->view());
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const UniqueFd file(openat(staging, temporary.c_str(), kFlags, kPrivate));
  if (!file) return failure(errno, "openat");
  int failed = write_all(file.get(), write_record(record));
  if (failed == 0 && sync != UploadSync::kNone && fdatasync(file.get()) != 0) failed = errno;
  const std::string name = upload_record_name(token);
  if (failed == 0 && renameat(staging, temporary.c_str(), staging, name.c_str()) != 0) {
    failed = errno;
  }
  if (failed == 0) return {};
  unlinkat(staging, temporary.c_str(), 0);
  return failure(failed, "write");
}

}  // namespace sluice
