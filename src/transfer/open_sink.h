// The sink of a call of transfer(), looked at and ready to take bytes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <variant>

#include "transfer/sink_end.h"

namespace sluice {

using OpenSink =
    std::variant<std::monostate, FileSink, StreamSink, MemorySink, StringSink, ResponseSink>;

// Makes `open` what `sink` says; kUnsupported for ends that are not what they are said to be, or
// that would block, EBADF for those that were not opened for writing.
Outcome<void> open_sink(Passage& passage, const Sink& sink, OpenSink& open) noexcept;

// REQUIRES: not std::monostate.
SinkEnd& end_of(OpenSink& sink) noexcept;

// Nothing more will be written.
Task<void> finish(OpenSink& sink) noexcept;

// The size of a regular file; kUnsupported for anything else.
Result<uint64_t> size_of_file(int fd) noexcept;

// Which way bytes are to go; EBADF where a descriptor was not opened for it.
enum class Access : uint8_t { kRead, kWrite };
Result<void> check_access(int fd, Access access) noexcept;

// kUnsupported unless this is a stream socket, or a pipe, which does not block.
Result<void> check_socket(int fd) noexcept;
Result<void> check_pipe(int fd, Access access) noexcept;

}  // namespace sluice
