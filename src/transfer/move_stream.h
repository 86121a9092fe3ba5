// What comes out of a socket or a pipe, or is the content of a request, to any sink.
#pragma once

#include <cstdint>

#include "transfer/content_reader.h"
#include "transfer/open_sink.h"
#include "transfer/passage.h"
#include "transfer/source_end.h"

namespace sluice {

// At most `length` bytes, until the source ends: by reference where the sink is a descriptor
// (splice), else by a copy.
Task<Outcome<void>> move_stream(Passage& passage, StreamSource& source, OpenSink& sink,
                                uint64_t length);

// What has arrived already out of the server's buffers, the rest out of the socket.
Task<Outcome<void>> move_content(Passage& passage, ContentReader& content, OpenSink& sink,
                                 uint64_t length);

}  // namespace sluice
