// splice(2) between any two ends but a file and a socket: the kernel passes references on, and no
// byte enters this process.
#pragma once

#include <cstdint>

#include "transfer/passage.h"
#include "transfer/sink_end.h"
#include "transfer/source_end.h"

namespace sluice {

enum class PumpEnd : uint8_t {
  kDone,           // the length has been reached, or the end of the source
  kNotSpliceable,  // another way must be found for the rest
  kNoPipe,         // the same, for want of a pipe
};

// Each of these moves at most `left` bytes, from which it takes off what it has taken out of the
// source; all of that has reached the sink, or an error says that it has not. `route` is kSplice,
// or kRingSplice, with which the ring makes every call.

// REQUIRES: one of the two is a pipe.
Task<Outcome<PumpEnd>> splice_streams(StreamSource& source, StreamSink& sink, uint64_t& left,
                                      Route route);

// From a pipe; the file is written on the ring.
Task<Outcome<PumpEnd>> splice_pipe_to_file(StreamSource& source, FileSink& sink, uint64_t& left,
                                           Route route);

// To a pipe; what is not in the page cache is read on the ring.
Task<Outcome<PumpEnd>> splice_file_to_pipe(FileSource& source, StreamSink& sink, uint64_t& left,
                                           Route route);

// From a socket, through a pipe of the pool, which is held only while something is in it.
Task<Outcome<PumpEnd>> splice_to_socket(StreamSource& source, StreamSink& sink, uint64_t& left,
                                        Route route);
Task<Outcome<PumpEnd>> splice_to_file(StreamSource& source, FileSink& sink, uint64_t& left,
                                      Route route);

}  // namespace sluice
