// Where the bytes of a file that is on its way lie in memory.
#pragma once

#include <cstdint>
#include <span>

#include "io/file_mapping.h"
#include "runtime/task.h"
#include "transfer/outgoing_file.h"

namespace sluice {

// Uses the mapping that the file's owner keeps, where it reaches far enough, else a window of its
// own that moves along. For routes that send from addresses.
class MappedFile {
 public:
  static constexpr uint64_t kPartBytes = 512 * 1024;

  // `file` outlives this.
  explicit MappedFile(OutgoingFile& file) noexcept : file_(file) {}

  // True when the next part is mapped already.
  bool reaches_next() const noexcept;

  // Makes it so, which ends what was mapped before. Counts kNotMappable where that cannot be done.
  bool map_next() noexcept;

  // The next part of what is left, at most kPartBytes. REQUIRES: reaches_next().
  std::span<char> next() const noexcept;

  // Whether sending the next part would wait for no disk.
  bool next_is_resident() noexcept;

  // Resumes when it would not; other parts behind it are made so in passing. Where not all of it
  // can be read, next() ends before what cannot. Ends with look_again(), since that takes a while.
  Task<Result<void>> make_next_resident() noexcept;

  // What an EFAULT of a system call that was given next() means.
  Error fault() const noexcept;

 private:
  uint64_t next_bytes() const noexcept;

  OutgoingFile& file_;
  uint64_t part_bytes_ = kPartBytes;
  FileMapping window_;
  FileMapping* mapping_ = nullptr;  // the one in use
};

}  // namespace sluice
