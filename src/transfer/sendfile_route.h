// File → socket by sendfile(2).
#pragma once

#include <sluice/error.h>

#include "runtime/task.h"
#include "transfer/outgoing_file.h"

namespace sluice {

// By this thread, as much as the socket takes at once. What is not in the page cache is brought
// there first, while others go on.
Task<Result<RouteEnd>> send_by_sendfile(OutgoingFile& file) noexcept;

}  // namespace sluice
