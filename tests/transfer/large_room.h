// Memory that takes as much as LargeContent has, again and again.
#pragma once

#include <cstdint>
#include <span>

#include <sluice/unique_fd.h>

namespace sluice {

// Full of bytes that LargeContent has nowhere in a row, so that what nobody writes is not taken for
// the zeros that belong there. Kept from one transfer to the next: new memory would take longer
// than the transfer. Throws std::system_error.
class LargeRoom {
 public:
  LargeRoom();
  ~LargeRoom();
  LargeRoom(const LargeRoom&) = delete;
  LargeRoom& operator=(const LargeRoom&) = delete;

  // Each makes the room what it was at first, of `bytes` (at most kLargeBytes, and a little more),
  // and ends the use of what the other one gave.
  std::span<char> memory(uint64_t bytes);
  UniqueFd file(uint64_t bytes);

 private:
  void renew(uint64_t bytes);

  const UniqueFd memfd_;
  char* place_;
};

}  // namespace sluice
