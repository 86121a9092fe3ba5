// Page cache → network card by IORING_OP_SENDMSG_ZC from a mapping: the socket refers to the pages,
// and where the card reads them itself no processor copies anything. Loopback copies after all
// (TransferStats::zero_copy_copied).
#pragma once

#include "transfer/outgoing_file.h"

namespace sluice {

// Done when the kernel has let go of every page, which is when the peer has acknowledged it all; a
// peer that acknowledges nothing for TransferLimits::send_progress_timeout_ms is reset, and so is
// one whose transfer is over early, since there is no other way to get the pages back.
// kUnsuitable: the file cannot be mapped (kNotMappable), or the socket cannot send like this
// (kNoZeroCopy), as AF_UNIX.
Task<Result<RouteEnd>> send_by_zero_copy(OutgoingFile& file) noexcept;

}  // namespace sluice
