// Removes what uploads have left behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "files/document_root.h"

namespace sluice {

enum class SweepScope : uint8_t {
  kAll,       // all but uploads that have not expired. REQUIRES: nobody else uses the directory
  kExpired,   // uploads that have expired and that nobody is at work on
  kOutcomes,  // these, and what is kept of those that are complete
};

// Looks through the directory for temporary names, of uploads beneath `root`. An upload expires
// `resume_ms` after its last byte. Returns how many uploads are left. Blocks: for workers.
size_t sweep_uploads(int staging, const DocumentRoot& root, uint64_t resume_ms,
                     SweepScope scope) noexcept;

// How long ago a file was changed, in milliseconds, by the clock of the file system.
uint64_t idle_ms(int64_t modified_seconds, uint32_t modified_nanoseconds) noexcept;

}  // namespace sluice
