// An HTTP server in a few threads of the calling program.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <sluice/error.h>
#include <sluice/options.h>
#include <sluice/stats.h>

namespace sluice {

// Serves directories (Options::sites) over HTTP/1.1 (RFC 9110, RFC 9112):
//
//   sluice::Options options;
//   options.sites[0].root = "/srv/www";                // files
//   sluice::Server server(options);
//   server.route("/api/time", tell_time);              // and a program's own answers
//   server.start();
//   ...
//   server.stop(10'000);
//
// start() and stop() are called by one thread at a time; the rest is thread-safe. The
// server neither reads the environment nor touches signal handlers, the locale or the allocator of
// its program. Its threads block every signal.
class Server {
 public:
  explicit Server(Options options);
  // Ends what is still running, as stop(0) does, and waits for it.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Has `handler` answer what is at `prefix` and below it (HandlerRoute) on the first site; the
  // same as an entry of Site::handlers. REQUIRES: before start().
  void route(std::string prefix, Handler handler);

  // Opens the roots, binds the listeners and starts the threads. Throws StartError; then nothing is
  // left behind. When it returns connections are accepted.
  void start();

  // The listeners as they really are, in the order of Options::listen: "http://127.0.0.1:8080",
  // "http://[::1]:8080", "unix:/run/sluice.sock". REQUIRES: start() has returned.
  const std::vector<std::string>& addresses() const noexcept;

  // Stops accepting, closes idle connections, lets responses in flight finish for at most
  // `drain_timeout_ms`, then cuts off the rest. True when every thread has ended; false when one
  // still waits for a disk (or a file system) that does not answer a second later: then only the
  // end of the process ends it, and the destructor waits until it does.
  bool stop(uint64_t drain_timeout_ms);

  Stats stats() const noexcept;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// This library's version, "0.1.0".
const char* version() noexcept;

}  // namespace sluice
