// Open files, sockets and memory from one process to another (unix(7), SCM_RIGHTS).
//
// On the socket, a stream or one that keeps messages apart, each is a frame: the length of the note
// in 2 bytes, in this machine's byte order, then the note; the descriptor goes with the first byte.
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
// bytes. Waits where the socket does; otherwise EAGAIN, with nothing sent. Once a frame has begun
// to move, this waits for room for the rest of it, whatever the socket: ETIMEDOUT after a second
// without any. Then the stream is to be closed. Thread-safe.
SLUICE_API Result<void> send_descriptor(int unix_socket, int descriptor,
                                        std::string_view note) noexcept;

struct PassedDescriptor {
  UniqueFd descriptor;  // closes on exec
  std::string note;
};

// The next one that arrives: kPeerGone at the end of the stream, kUnsupported for a message that
// has no descriptor, or several, or is no such frame. A descriptor that is not wanted is closed,
// never leaked. Waits where the socket does; otherwise EAGAIN while nothing is there. For the rest
// of a frame that has begun to arrive it waits, whatever the socket, so that a peer can hold up the
// thread: ETIMEDOUT after a second without a byte of it. After kUnsupported, as after any error but
// EAGAIN before a frame, close a stream: nobody knows where its next frame begins.
SLUICE_API Result<PassedDescriptor> receive_descriptor(int unix_socket);

}  // namespace sluice
