// File → pipe → socket by splice(2) on the ring alone.
#pragma once

#include <sluice/error.h>

#include "runtime/task.h"
#include "transfer/outgoing_file.h"

namespace sluice {

// As send_by_splice(), but each part, with the head, is one chain (SpliceThrough), whose work is
// done by workers of the kernel: costs this thread the least, the system the most.
Task<Result<RouteEnd>> send_by_ring_splice(OutgoingFile& file) noexcept;

}  // namespace sluice
