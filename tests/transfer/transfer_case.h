// One transfer of a matrix, and what must hold of it.
#pragma once

#include <cstdint>
#include <iosfwd>

#include <sluice/route.h>
#include <sluice/task.h>

#include "transfer/ends.h"

namespace sluice {

struct TransferCase {
  SourceKind source;
  SinkKind sink;
  Route route;
  uint64_t bytes;
  uint64_t offset;  // where the source has one
  bool to_the_end;  // kToTheEnd is asked for, otherwise the number of bytes
};
// "file to tcp by splice, 4096 bytes from 0".
std::ostream& operator<<(std::ostream& out, const TransferCase& one);

// A list has more than is asked for; the others end with what is.
constexpr bool may_go_to_the_end(SourceKind kind) { return kind != SourceKind::kList; }

// Moves what `one` says and expects that the sink gets just that. REQUIRES: a loop.
Task<void> expect_every_byte(TransferCase one, TestSource& source, TestSink& sink);

}  // namespace sluice
