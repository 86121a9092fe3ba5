// What the routes of a transfer remember of a file from one response to the next.
#pragma once

#include <cstdint>

#include "io/file_mapping.h"
#include "io/residency_note.h"

namespace sluice {

// Belongs to the thread that the file is sent by.
struct FileMemory {
  // Of the first FileMapping::kKeptBytes, made when a route first needs it.
  FileMapping mapping;
  ResidencyNote residency;
  // TransferContext::sent_bytes when the file was last begun with, and what has been sent of it
  // since: the rest is of others. Far away before that.
  uint64_t begun_at_bytes = kNever;

  // For another file to be remembered in its place.
  void forget() noexcept {
    mapping.unmap();
    residency = {};
    begun_at_bytes = kNever;
  }

 private:
  static constexpr uint64_t kNever = UINT64_MAX / 2;
};

}  // namespace sluice
