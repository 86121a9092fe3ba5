// From one file to another.
#pragma once

#include <cstdint>

#include <sluice/transfer.h>

#include "transfer/transfer_context.h"

namespace sluice {

// Copies `length` bytes (kToTheEnd: what there is) between files, or places of one file. By
// copy_file_range(2) on a worker, which shares the blocks where the file system can (reflinks) and
// moves them inside the kernel otherwise; where the two files do not allow that, or no worker is to
// be had, by splice(2) through a pipe on the ring, and then by reading and writing on the ring. By
// kSplice this thread fills the pipe with what is in the page cache.
// Counts its bytes and fallbacks, but not the transfer, of which this may be a part. `route` is one
// of route_between_files(), and becomes the one to go on with behind these bytes. Of `options`
// these are looked at: deadline_ms, cancellation, progress.
//
// kChanged: the source ended before `length`; kUnsupported: the two ranges overlap, or the sink was
// opened with O_APPEND. A deadline is looked at between pieces of kCopyPieceBytes, since the kernel
// does not take back what a disk does.
Task<TransferResult> copy_file(TransferContext& context, int from, uint64_t from_offset, int to,
                               uint64_t to_offset, uint64_t length, Route& route,
                               const TransferOptions& options) noexcept;

// The route to begin with: kCopy, kSplice and kRingSplice where they are wanted, else
// kCopyFileRange; the others are not for files.
Route route_between_files(Route wanted) noexcept;

inline constexpr uint64_t kCopyPieceBytes = 16ULL * 1024 * 1024;

}  // namespace sluice
