// Brings parts of files into the page cache without holding up the loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <sluice/error.h>

#include "runtime/reactor.h"
#include "runtime/task.h"

namespace sluice {

// Enough for a disk to be worth its while, and little enough for nobody to wait long for it.
inline constexpr uint64_t kPopulateBytes = 4 * 1024 * 1024;

// Resumes when the part of a file is in the page cache and read, so that who uses it next waits for
// no disk. A worker of the ring waits instead (madvise(2), MADV_POPULATE_READ; where that is not to
// be had it reads the part and throws it away). What lies behind the end of the file is no error.
//
// Yields how many of `bytes` that is true of: all, or those before the page where reading fails.
// Where that is the first page, what reading says: kSystem (EIO) where the disk fails. kUnsupported
// where the file cannot be mapped: nobody could tell then that what was read of it stays.
//
// `fd` must stay open. REQUIRES: 0 < bytes <= kPopulateBytes.
Task<Result<uint64_t>> populate(Reactor& reactor, int fd, uint64_t offset, uint64_t bytes) noexcept;

// As that, for who has mapped this part already (io/file_mapping.h). `mapped` must stay so.
Task<Result<uint64_t>> populate_mapped(Reactor& reactor, int fd, uint64_t offset,
                                       std::span<char> mapped) noexcept;

}  // namespace sluice
