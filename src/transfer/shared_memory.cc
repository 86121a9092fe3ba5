#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>

#include <sluice/shared_memory.h>

namespace sluice {

namespace {

// MFD_NOEXEC_SEAL, which older headers lack.
constexpr unsigned kNoExecSeal = 0x0008U;

// Without these the bytes could change while the kernel refers to them.
constexpr int kNeededSeals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;

// memfd_create(2) takes 249 bytes without the zero.
constexpr size_t kNameBytes = 249;

Result<uint64_t> size_of(int fd) noexcept {
  struct stat status;
  if (fstat(fd, &status) != 0) return std::unexpected(error_from_errno(errno, "fstat"));
  return static_cast<uint64_t>(status.st_size);
}

}  // namespace

struct SharedMemory::State {
  UniqueFd memfd;
  uint64_t size_bytes;
};

SharedMemory::SharedMemory(std::shared_ptr<const State> state) noexcept
    : state_(std::move(state)) {}

Result<SharedMemory> SharedMemory::copy_of(std::string_view bytes) noexcept {
  Result<SharedMemoryWriter> writer = SharedMemoryWriter::create("sluice");
  if (!writer) return std::unexpected(writer.error());
  if (const Result<void> written = writer->write(bytes); !written) {
    return std::unexpected(written.error());
  }
  return std::move(*writer).seal();
}

Result<SharedMemory> SharedMemory::adopt(UniqueFd memfd) noexcept {
  const int seals = fcntl(memfd.get(), F_GET_SEALS);
  const int flags = fcntl(memfd.get(), F_GETFL);
  const bool readable = flags >= 0 && (flags & O_ACCMODE) != O_WRONLY;
  if (seals < 0 || (seals & kNeededSeals) != kNeededSeals || !readable) {
    const int reason = seals < 0 ? errno : EINVAL;
    return std::unexpected(Error{ErrorCode::kUnsupported, reason, "F_GET_SEALS"});
  }
  const Result<uint64_t> size = size_of(memfd.get());
  if (!size) return std::unexpected(size.error());
  try {
    return SharedMemory(std::make_shared<const State>(std::move(memfd), *size));
  } catch (const std::bad_alloc&) {
    return std::unexpected(error_from_errno(ENOMEM, "new"));
  }
}

int SharedMemory::fd() const noexcept { return state_ ? state_->memfd.get() : -1; }

uint64_t SharedMemory::size_bytes() const noexcept { return state_ ? state_->size_bytes : 0; }

Result<SharedMemoryWriter> SharedMemoryWriter::create(std::string_view name) noexcept {
  std::array<char, kNameBytes + 1> text{};
  name.copy(text.data(), kNameBytes);
  // Before Linux 6.3 a memfd can be executed and nothing else.
  UniqueFd memfd(memfd_create(text.data(), MFD_CLOEXEC | MFD_ALLOW_SEALING | kNoExecSeal));
  if (!memfd && errno == EINVAL) {
    memfd.reset(memfd_create(text.data(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  }
  if (!memfd) return std::unexpected(error_from_errno(errno, "memfd_create"));
  return SharedMemoryWriter(std::move(memfd));
}

Result<void> SharedMemoryWriter::write(std::string_view bytes) noexcept {
  // A transfer into fd() does not move its position, so the size says where the end is.
  const Result<uint64_t> size = size_of(memfd_.get());
  if (!size) return std::unexpected(size.error());
  uint64_t end = *size;
  while (!bytes.empty()) {
    const ssize_t written =
        pwrite(memfd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(end));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(error_from_errno(errno, "pwrite"));
    bytes.remove_prefix(static_cast<size_t>(written));
    end += static_cast<uint64_t>(written);
  }
  return {};
}

Result<SharedMemory> SharedMemoryWriter::seal() && noexcept {
  if (fcntl(memfd_.get(), F_ADD_SEALS, kNeededSeals | F_SEAL_SEAL) != 0) {
    return std::unexpected(error_from_errno(errno, "F_ADD_SEALS"));
  }
  return SharedMemory::adopt(std::move(memfd_));
}

}  // namespace sluice
