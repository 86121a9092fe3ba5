// A file to any sink.
#pragma once

#include <cstdint>

#include "transfer/open_sink.h"
#include "transfer/passage.h"

namespace sluice {

// At most `length` bytes from `offset` on, until the file ends.
Task<Outcome<void>> move_file(Passage& passage, int fd, uint64_t offset, OpenSink& sink,
                              uint64_t length);

}  // namespace sluice
