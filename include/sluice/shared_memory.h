// Bytes that many connections, or processes, share and nobody can change any more.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <sluice/error.h>
#include <sluice/export.h>
#include <sluice/unique_fd.h>

namespace sluice {

// A sealed memfd (memfd_create(2); F_SEAL_WRITE, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_SEAL). It is
// sent as a file is: by reference to its pages, of which there is one copy however many connections
// send it. A copy of a SharedMemory refers to the same bytes; the last one frees them. Thread-safe.
class SharedMemory {
 public:
  // Empty: size_bytes() is 0, fd() is -1.
  SharedMemory() noexcept = default;

  // `bytes`, copied once. kExhausted where there is no memory or no descriptor.
  SLUICE_API static Result<SharedMemory> copy_of(std::string_view bytes) noexcept;

  // A memfd that somebody else has made, another process for example. kUnsupported unless it is
  // sealed: its bytes could change while they are sent.
  SLUICE_API static Result<SharedMemory> adopt(UniqueFd memfd) noexcept;

  SLUICE_API int fd() const noexcept;
  SLUICE_API uint64_t size_bytes() const noexcept;

 private:
  struct State;
  explicit SharedMemory(std::shared_ptr<const State> state) noexcept;
  friend class SharedMemoryWriter;

  std::shared_ptr<const State> state_;
};

// Builds one piece by piece, by write() or by transfer() into fd() (sluice/transfer.h).
class SharedMemoryWriter {
 public:
  // `name` is seen in /proc/PID/fd, for a person.
  SLUICE_API static Result<SharedMemoryWriter> create(std::string_view name) noexcept;

  // Appends `bytes`.
  SLUICE_API Result<void> write(std::string_view bytes) noexcept;

  // The memfd while it can be written.
  int fd() const noexcept { return memfd_.get(); }

  // Nobody can change it from now on. REQUIRES: nobody has it mapped for writing.
  SLUICE_API Result<SharedMemory> seal() && noexcept;

 private:
  explicit SharedMemoryWriter(UniqueFd memfd) noexcept : memfd_(std::move(memfd)) {}

  UniqueFd memfd_;
};

}  // namespace sluice
