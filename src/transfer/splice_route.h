// File → pipe → socket by splice(2): the kernel passes references to its page cache from one to the
// next, and no byte of the file enters this process.
#pragma once

#include <sluice/error.h>

#include "runtime/task.h"
#include "transfer/outgoing_file.h"

namespace sluice {

// What is in the page cache is spliced at once by this thread, what is not on the ring, where a
// worker of the kernel waits for the disk. A pipe is kept while the socket takes bytes; a peer that
// takes none for TransferLimits::stalled_pipe_ms gives it back, at once where pipes are scarce.
// What was inside is spliced again later, since the file still has it.
Task<Result<RouteEnd>> send_by_splice(OutgoingFile& file) noexcept;

}  // namespace sluice
