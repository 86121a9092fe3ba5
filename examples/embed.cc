// A program with an HTTP server inside: its own answers beside the files of a directory.
//
// usage: embed DIRECTORY [ADDRESS:PORT]
#include <atomic>
#include <cstdio>
#include <string>

#include <sluice/server.h>

#include "serving.h"

using sluice::Request;
using sluice::Response;
using sluice::ResponseStream;
using sluice::Result;
using sluice::Task;

namespace {

// A handler is a coroutine from a request to a response. Several threads may call it at once.
Task<Response> count(Request&) {
  static std::atomic<int> calls = 0;
  co_return Response::text(std::to_string(++calls) + "\n");
}

// What a client sends is read as it arrives; here all of it at once, up to a limit.
Task<Response> shout(Request& request) {
  if (request.method() != "POST") co_return Response::error(405).header("Allow", "POST");
  Task<Result<std::string>> reading = request.content().read_all(64 * 1024);
  const Result<std::string> content = co_await reading;
  if (!content) co_return Response::error(413);
  std::string loud;
  for (const char c : *content) loud += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  co_return Response::text(std::move(loud));
}

// A body may also be written piece by piece, after the handler is done.
Task<Result<void>> write_squares(ResponseStream& stream) {
  for (int i = 1; i <= 100; ++i) {
    const std::string line = std::to_string(i * i) + "\n";  // outlives the task below
    Task<Result<void>> writing = stream.write(line);
    if (const Result<void> written = co_await writing; !written) co_return written;
  }
  co_return Result<void>();
}

Task<Response> squares(Request&) {
  co_return Response().header("Content-Type", "text/plain").stream(write_squares);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: embed DIRECTORY [ADDRESS:PORT]\n"), 2;
  sluice::Options options;
  options.sites[0].root = argv[1];
  options.sites[0].handlers = {
      {"/api/count", count}, {"/api/shout", shout}, {"/api/squares", squares}};
  if (argc > 2) options.listen = {argv[2]};
  return serve("embed", options);
}
