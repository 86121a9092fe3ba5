// Stores what clients POST, each in a file of its own, without a copy in this process:
//
//   curl --data-binary @photo.jpg http://127.0.0.1:8080/inbox   → 201, Location: /files/XXXXXX
//
// usage: upload DIRECTORY [ADDRESS:PORT]
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include <sluice/server.h>
#include <sluice/transfer.h>

#include "serving.h"

using namespace sluice;

namespace {

constexpr uint64_t kMostBytes = 1024ULL * 1024 * 1024;

std::string directory;

Task<Response> store(Request& request) {
  if (request.method() != "POST") co_return Response::error(405).header("Allow", "POST");
  const std::optional<uint64_t> length = request.content().length();
  if (!length) co_return Response::error(411);
  if (*length > kMostBytes) co_return Response::error(413);
  std::string path = directory + "/.XXXXXX";  // hidden, so nobody is served half of it
  const UniqueFd file(mkostemp(path.data(), O_CLOEXEC));
  if (!file) co_return Response::error(500);

  // Socket → pipe → file, inside the kernel, as it arrives.
  Task<TransferResult> storing =
      transfer(Source::content(request.content()), Sink::file(file.get()));
  const TransferResult stored = co_await storing;

  const std::string name = path.substr(path.rfind('.') + 1);
  if (!stored || ::rename(path.c_str(), (directory + "/" + name).c_str()) != 0) {
    ::unlink(path.c_str());
    const bool full = !stored && stored.error().error.code == ErrorCode::kNoSpace;
    co_return Response::error(full ? 507 : 500);
  }
  co_return Response(201).header("Location", "/files/" + name);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: upload DIRECTORY [ADDRESS:PORT]\n"), 2;
  directory = argv[1];
  Options options;
  if (argc > 2) options.listen = {argv[2]};
  options.sites[0].handlers = {{"/inbox", store}, {"/files", static_files(directory)}};
  return serve("upload", options);
}
