// Read, then write: moves bytes between any two ends.
#pragma once

#include <cstdint>

#include "transfer/passage.h"
#include "transfer/sink_end.h"
#include "transfer/source_end.h"

namespace sluice {

// At most `length` bytes, until the source ends. Bytes that are not in memory at either end pass
// through a buffer of kCopyBufferBytes, which lives as long as this.
inline constexpr size_t kCopyBufferBytes = 32 * 1024;

Task<Outcome<void>> copy_bytes(Passage& passage, SourceEnd& source, SinkEnd& sink, uint64_t length);

}  // namespace sluice
