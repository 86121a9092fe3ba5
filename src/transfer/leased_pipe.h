// A pipe on loan to a file that is on its way to a socket.
#pragma once

#include <algorithm>
#include <cstdint>

#include <sluice/error.h>

#include "io/pipe_pool.h"
#include "runtime/task.h"
#include "transfer/outgoing_file.h"

namespace sluice {

// What both splicing routes do with their pipe. What it holds may be thrown away at any time, since
// the file still has it.

// False, and counted, where `lease` has no pipe and there is none to be had (RouteEnd::kNoPipe).
bool have_pipe(OutgoingFile& file, PipePool::Lease& lease) noexcept;

// Whether the result of splice(2) says that the file, or the socket, does not do that
// (RouteEnd::kUnsuitable), which is counted then.
bool refused(const OutgoingFile& file, ssize_t result) noexcept;

// As much as surely fits: a pipe holds pages, and the first one may be used in part only.
uint32_t next_chunk(const FileRange& left, const Pipe& pipe) noexcept;

// Notes what file → pipe yielded; an error unless the pipe holds something now.
Result<void> note_fill(Pipe& pipe, ssize_t result) noexcept;

// Notes that pipe → socket took `bytes`.
void note_drain(OutgoingFile& file, Pipe& pipe, size_t bytes, Route route) noexcept;

// Whether what the pipe holds is followed by more.
bool more_behind(const OutgoingFile& file, const Pipe& pipe) noexcept;

// Waits until the socket takes bytes again. A pipe with bytes inside waits with it for a moment,
// not for as long as the peer pleases: then the lease is empty. Ends with look_again().
Task<Result<void>> wait_with_pipe(OutgoingFile& file, PipePool::Lease& lease) noexcept;

}  // namespace sluice
