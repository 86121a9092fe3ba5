// An HTTP server in a few threads of the calling program.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <sluice/error.h>
#include <sluice/export.h>
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
// route(), start() and stop() are called by one thread at a time; the rest is thread-safe. The
// server neither reads the environment nor touches signal handlers, the locale or the allocator of
// its program. Its threads block every signal.
class Server {
 public:
  SLUICE_API explicit Server(Options options);
  // Ends what is still running, as stop(0) does, and waits for it.
  SLUICE_API ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Has `handler` answer what is at `prefix` and below it (HandlerRoute) on the first site; the
  // same as an entry of Site::handlers. Throws StartError from start() to stop().
  SLUICE_API void route(std::string prefix, Handler handler);

  // Opens the roots, binds the listeners and starts the threads. Throws StartError; then nothing is
  // left behind. When it returns connections are accepted. After stop() it may be called again,
  // before that it throws and changes nothing.
  SLUICE_API void start();

  // The listeners as they really are, in the order of Options::listen: "http://127.0.0.1:8080",
  // "http://[::1]:8080", "unix:/run/sluice.sock". REQUIRES: start() has returned.
  SLUICE_API const std::vector<std::string>& addresses() const noexcept;

  // Stops accepting, closes idle connections, lets responses in flight finish for at most
  // `drain_timeout_ms`, then cuts off the rest. True when every thread has ended; false when one
  // still waits a second later, for a disk (or a file system) that does not answer or for a handler
  // that has not returned: what it waits for is the server's to end only where that is its client
  // or a transfer (kCancelled).
  // Then the destructor waits for it, and stop() may be called again.
  SLUICE_API bool stop(uint64_t drain_timeout_ms);

  SLUICE_API Stats stats() const noexcept;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// This library's version, "0.1.0".
SLUICE_API const char* version() noexcept;

}  // namespace sluice
