#include "files/read_piece.h"

#include <unistd.h>

#include <cerrno>

namespace sluice {

Result<void> read_piece(int fd, std::span<uint8_t> piece, uint64_t offset) noexcept {
  while (!piece.empty()) {
    const ssize_t count = pread(fd, piece.data(), piece.size(), static_cast<off_t>(offset));
    if (count < 0) {
      if (errno == EINTR) continue;
      return std::unexpected(error_from_errno(errno, "pread"));
    }
    if (count == 0) return std::unexpected(Error{ErrorCode::kChanged, 0, "pread"});
    piece = piece.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return {};
}

}  // namespace sluice
