// Sends bytes that are in memory.
#pragma once

#include <string_view>

#include <sluice/error.h>

#include "runtime/task.h"
#include "transfer/readiness.h"
#include "transfer/transfer_context.h"

namespace sluice {

// All of `bytes` to a socket; `flags` as for send(2) (MSG_MORE).
Task<Result<void>> send_all(TransferContext& context, Readiness& sink, std::string_view bytes,
                            int flags) noexcept;

// All of `first`, then all of `second`, in as few segments as one would take.
Task<Result<void>> send_both(TransferContext& context, Readiness& sink, std::string_view first,
                             std::string_view second, int flags) noexcept;

}  // namespace sluice
