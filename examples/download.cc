// The same file twice: by a loop that copies it, and by a route that does not.
//
// usage: download FILE [ADDRESS:PORT]
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string>

#include <sluice/server.h>
#include <sluice/transfer.h>

#include "serving.h"

using sluice::Request;
using sluice::Response;
using sluice::ResponseStream;
using sluice::Result;
using sluice::Task;
using sluice::UniqueFd;

namespace {

std::string path;

UniqueFd open_file() { return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)); }

// The classic loop. Every byte is copied twice, from the page cache into `buffer` and from there
// into the socket; and where the file is not in the page cache, read(2) holds up every connection
// of this thread until the disk has it.
Task<Result<void>> copy_file(ResponseStream& stream) {
  const UniqueFd file = open_file();
  std::array<char, 32 * 1024> buffer;
  while (true) {
    const ssize_t bytes = ::read(file.get(), buffer.data(), buffer.size());
    if (bytes < 0) co_return std::unexpected(sluice::error_from_errno(errno, "read"));
    if (bytes == 0) co_return Result<void>();
    Task<Result<void>> writing = stream.write({buffer.data(), static_cast<size_t>(bytes)});
    if (const Result<void> written = co_await writing; !written) co_return written;
  }
}

Task<Response> copying(Request&) { co_return Response().stream(copy_file); }

// The kernel sends its own pages, and waits for the disk by itself.
Task<Response> zero_copy(Request&) { co_return Response().file(open_file()); }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: download FILE [ADDRESS:PORT]\n"), 2;
  path = argv[1];
  sluice::Options options;
  if (argc > 2) options.listen = {argv[2]};
  options.sites[0].handlers = {{"/copying", copying}, {"/zero-copy", zero_copy}};
  return serve("download", options);
}
