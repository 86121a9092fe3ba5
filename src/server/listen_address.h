// Where a server listens.
#pragma once

#include <string>
#include <vector>

#include <sluice/error.h>
#include <sluice/options.h>
#include <sluice/unique_fd.h>

namespace sluice {

// One socket a shard for one address: with SO_REUSEPORT the kernel spreads the connections over
// them (socket(7)). A Unix socket, or one that was handed over, is one for all, and each shard
// accepts from it.
struct BoundAddress {
  std::string name;               // "http://127.0.0.1:8080", "unix:/path"
  std::vector<UniqueFd> sockets;  // one a shard
  std::string unix_path;          // to be unlinked at the end; empty for others
};

// Binds `text` ("ADDR:PORT", "[IPv6]:PORT", "unix:/path") and listens, or duplicates what "fd:N"
// names, whose flags, O_NONBLOCK among them, and backlog stay as they are: its owner has them in
// common with the duplicates. Throws StartError: kUsage for a text that is no address and a
// descriptor that is no listening stream socket, kSystem where the system refuses it.
BoundAddress bind_address(const std::string& text, unsigned shard_count, uint32_t backlog_count);

// What is wrong with `text` as an address, without a look at the system; "" if nothing is.
std::string problem_of_address(const std::string& text);

}  // namespace sluice
