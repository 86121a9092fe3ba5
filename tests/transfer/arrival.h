// What has arrived at an end, compared with what was to arrive.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string_view>

namespace sluice {

struct Arrival {
  uint64_t bytes = 0;
  // The first of them that is not what was to arrive there.
  std::optional<uint64_t> first_wrong = std::nullopt;

  // `piece` is what arrives next.
  void add(std::string_view piece, std::string_view expected);

  bool operator==(const Arrival& other) const = default;
};
std::ostream& operator<<(std::ostream& out, const Arrival& arrival);

// Reads a socket or a pipe until the end, or an error.
Arrival drain_and_compare(int fd, std::string_view expected);

// What a file has from `offset` on.
Arrival compare_file(int fd, uint64_t offset, std::string_view expected);

}  // namespace sluice
