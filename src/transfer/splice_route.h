// File → pipe → socket by splice(2) on the ring: the kernel passes references to its page cache
// from one to the next, and no byte of the file enters this process.
#pragma once

#include <string_view>

#include <sluice/error.h>

#include "runtime/task.h"
#include "transfer/body_source.h"
#include "transfer/transfer.h"

namespace sluice {

// `more_follows`: the caller sends more after this, so that the end of the range need not leave at
// once. REQUIRES: range.length_bytes > 0. See send_response().
Task<Result<void>> splice_file(TransferContext& context, Readiness& sink, std::string_view head,
                               FileRange range, bool more_follows = false) noexcept;

}  // namespace sluice
