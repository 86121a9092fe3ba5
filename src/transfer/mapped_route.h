// Page cache → socket by sendmsg(2) from a mapping: head and file in one system call. The kernel
// copies once, from the page cache into the socket's buffers; no byte of the file enters this
// process.
#pragma once

#include "transfer/outgoing_file.h"

namespace sluice {

// Uses, and makes where it is not there yet, the mapping that `left` names; else maps windows of
// its own. What is not in the page cache is brought there by a worker of the ring first.
// kUnsuitable: the file cannot be mapped (kNotMappable).
Task<Result<RouteEnd>> send_by_mapping(OutgoingFile& file) noexcept;

}  // namespace sluice
