// Open files, sockets and memory from one process to another (unix(7), SCM_RIGHTS).
#pragma once

#include <string>
#include <string_view>

#include <sluice/error.h>
#include <sluice/export.h>
#include <sluice/unique_fd.h>

namespace sluice {

// Bytes that go with a descriptor: what it is, for the receiver.
inline constexpr size_t kDescriptorNoteBytes = 4096;

// Sends a duplicate of `descriptor` over `unix_socket`, with `note`, of 1 to kDescriptorNoteBytes
// bytes. Waits where the socket does; otherwise EAGAIN. Thread-safe.
SLUICE_API Result<void> send_descriptor(int unix_socket, int descriptor,
                                        std::string_view note) noexcept;

struct PassedDescriptor {
  UniqueFd descriptor;  // closes on exec
  std::string note;
};

// The next one that arrives: kPeerGone at the end of the stream, kUnsupported for a message that
// has no descriptor, or several. A descriptor that is not wanted is closed, never leaked.
SLUICE_API Result<PassedDescriptor> receive_descriptor(int unix_socket);

}  // namespace sluice
