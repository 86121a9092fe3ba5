// What is known of an upload that may be gone on with, as it is kept in a file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "files/upload_directory.h"

namespace sluice {

struct UploadRecord {
  std::string path;  // below the root
  UploadCondition condition;
  std::optional<uint64_t> length;  // of the whole, once the client has told
  // Once it is complete: whether publishing created a file, and of how many bytes.
  struct Outcome {
    bool created;
    uint64_t size_bytes;
    int64_t modified_seconds;
    uint32_t modified_nanoseconds;
  };
  std::optional<Outcome> outcome;
};

// Lines of "name value"; the path is the last, and is what is left.
std::string write_record(const UploadRecord& record);

// Absent for what write_record() does not write.
std::optional<UploadRecord> read_record(std::string_view text);

}  // namespace sluice
