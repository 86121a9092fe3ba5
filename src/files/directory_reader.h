// One page of a directory, in memory that does not grow with the directory.
#pragma once

#include <stop_token>
#include <string_view>

#include <sluice/error.h>
#include <sluice/site.h>

#include "files/listing.h"

namespace sluice {

// The directory that is read, and what of it may be seen.
struct ListingSource {
  // Opened for reading (O_RDONLY | O_DIRECTORY) for this reading alone, which moves its position.
  int fd = -1;
  // The root, and the directory's path below it without a '/' at either end ("" for the root):
  // where symbolic links are resolved from.
  int root_fd = -1;
  std::string_view path;
  bool hidden_files = false;
  Symlinks symlinks = Symlinks::kBeneath;
};

// Reads the whole directory and keeps the page: time grows with the directory, memory with
// `page_size` (REQUIRES: > 0), and in the order of names only the entries of the page are asked for
// their size and time.
//
// Listed are regular files, directories, and symbolic links to either that `symlinks` lets one
// follow, as what they lead to. What vanishes meanwhile, or cannot be asked, is left out, so that a
// page may be shorter than what it could be. Blocks: for a worker thread. Thread-safe.
//
// Errors: of getdents64(2); kExhausted for want of memory or descriptors, or when `stop` asks.
Result<ListingPage> read_directory(const ListingSource& source, const ListingQuery& query,
                                   const std::stop_token& stop) noexcept;

}  // namespace sluice
