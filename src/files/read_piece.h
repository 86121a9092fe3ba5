// Reading a file, on a worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <sluice/error.h>

namespace sluice {

// Fills `piece` from `offset` on (pread(2)), however many calls that takes. kChanged when the file
// ends before.
Result<void> read_piece(int fd, std::span<uint8_t> piece, uint64_t offset) noexcept;

}  // namespace sluice
