// The file of a fan-out while it grows.
#pragma once

#include <cstdint>
#include <optional>

#include <sluice/transfer.h>

namespace sluice {

// What its followers need to know of it. Positions are counted from where it begins.
struct FanOutFile {
  int fd;
  uint64_t offset;        // of the first byte
  uint64_t length;        // that is wanted; kToTheEnd: what there is
  uint64_t written = 0;   // bytes that can be read
  bool complete = false;  // true exactly when there will be no more, and nothing has failed
  std::optional<TransferError> failure = std::nullopt;  // why there will be no more

  // Everything that was asked for is at or before `position`.
  bool ends_at(uint64_t position) const noexcept {
    return (complete && position == written) || position == length;
  }
};

}  // namespace sluice
