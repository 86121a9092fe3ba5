// What another program does with the library: an answer of its own beside the files of a directory,
// until its standard input ends.
#include <cstdio>
#include <string>
#include <utility>

#include <sluice/descriptor_passing.h>
#include <sluice/doctor.h>
#include <sluice/run.h>
#include <sluice/server.h>

namespace {

sluice::Task<sluice::Response> greet(sluice::Request& request) {
  co_return sluice::Response::text("hello " + std::string(request.rest()) + "\n");
}

int serve(const char* root) {
  sluice::Options options;
  options.sites[0].root = root;
  options.listen = {"127.0.0.1:0"};
  options.threads = 1;
  sluice::Server server(std::move(options));
  server.route("/greet", greet);
  server.start();
  std::printf("%s\n", server.addresses()[0].c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return server.stop(1000) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    return serve(argv[1]);
  } catch (const sluice::StartError& error) {
    std::fprintf(stderr, "%s: %s\n", error.option().c_str(), error.what());
    return 3;
  }
}
