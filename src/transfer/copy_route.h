// Page cache → buffer of this process → socket: the classic way, which works with every file and
// every socket, and what all others are measured against.
#pragma once

#include "transfer/outgoing_file.h"

namespace sluice {

// What is in the page cache passes through one buffer of the thread, used only between a read and
// the send that follows it; the rest is read on the ring, into a buffer that lives no longer than
// the wait for the disk. What the socket does not take is thrown away and read again later, so that
// a client which waits holds no memory. Always kDone.
Task<Result<RouteEnd>> send_by_copy(OutgoingFile& file) noexcept;

}  // namespace sluice
