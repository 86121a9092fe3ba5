#include "transfer/arrival.h"

#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <vector>

namespace sluice {

namespace {

constexpr size_t kBufferBytes = 256 * 1024;

// `read_next` reads into what it is given, behind as many bytes as it is told.
template <class Function>
Arrival compare_all(std::string_view expected, Function read_next) {
  Arrival arrival;
  std::vector<char> buffer(kBufferBytes);
  ssize_t got;
  while ((got = read_next(buffer, arrival.bytes)) > 0) {
    arrival.add({buffer.data(), static_cast<size_t>(got)}, expected);
  }
  return arrival;
}

}  // namespace

void Arrival::add(std::string_view piece, std::string_view expected) {
  while (!piece.empty()) {
    const std::string_view got = piece.substr(0, kBufferBytes);
    const std::string_view right =
        expected.substr(std::min<uint64_t>(bytes, expected.size()), got.size());
    if (!first_wrong && got != right) {
      const auto wrong = std::ranges::mismatch(got, right).in1;
      first_wrong = bytes + static_cast<uint64_t>(wrong - got.begin());
    }
    bytes += got.size();
    piece.remove_prefix(got.size());
  }
}

std::ostream& operator<<(std::ostream& out, const Arrival& arrival) {
  out << arrival.bytes << " bytes, ";
  if (!arrival.first_wrong) return out << "all right";
  return out << "wrong at byte " << *arrival.first_wrong;
}

Arrival drain_and_compare(int fd, std::string_view expected) {
  return compare_all(expected, [fd](std::vector<char>& buffer, uint64_t /*before*/) {
    return read(fd, buffer.data(), buffer.size());
  });
}

Arrival compare_file(int fd, uint64_t offset, std::string_view expected) {
  return compare_all(expected, [fd, offset](std::vector<char>& buffer, uint64_t before) {
    return pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset + before));
  });
}

}  // namespace sluice
