// Connections of a test's own, and what goes through them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <sluice/unique_fd.h>

namespace sluice::testing_support {

enum class Family : uint8_t { kTcp, kUnix };

// The ends of a connection; that of the server does not block. Throws std::system_error.
struct Connection {
  UniqueFd server;
  UniqueFd client;
};
Connection connect_ends(Family family);

// Writes `bytes` to a socket or a pipe until all are written or nobody reads them; true where all
// were. Blocks SIGPIPE on this thread.
bool feed(int fd, std::string_view bytes);

// Reads until the end, or an error.
std::string drain(int fd);

}  // namespace sluice::testing_support
