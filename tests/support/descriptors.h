// The open descriptors of this process, for tests that look for leaks.
#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace sluice::testing_support {

std::set<int> open_descriptors();

// "17 (socket:[4711])".
std::string describe_descriptor(int fd);

bool is_pipe(int fd);

// Bytes that wait in a pipe or a socket (FIONREAD).
uint64_t bytes_waiting(int fd);

}  // namespace sluice::testing_support
