// One sendmsg(2) for the head and the next bytes of a file.
#pragma once

#include <sys/types.h>

#include <span>

#include "transfer/outgoing_file.h"

namespace sluice {

// What is left of the head, and `bytes`, which are the next of the file: what the socket takes now,
// as DirectCalls::send_message() tells. MSG_MORE where more is to come. Notes nothing.
ssize_t send_with_head(OutgoingFile& file, std::span<char> bytes) noexcept;

}  // namespace sluice
