// What a server is told before it starts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/export.h>
#include <sluice/site.h>

namespace sluice {

// Every bound that protects a server from its clients and its host from the server. The unit is in
// the name. Change them before the server starts; each shard keeps its own copy.
struct Limits {
  // --- What a request may be ---------------------------------------------------------------------

  // Request line and header section together; more is answered with 431 (RFC 6585 §5). At most
  // 64 KiB - 1.
  size_t head_bytes = 16 * 1024;
  // The request target; more is answered with 414 (RFC 9110 §15.5.15).
  size_t target_bytes = 8 * 1024;
  // Header fields; more is answered with 431. At most 100.
  size_t field_count = 100;
  // Content of a request that nobody wants is read and dropped up to this; a connection with more
  // of it is closed after the response.
  uint64_t unwanted_content_bytes = 64 * 1024;

  // --- How long a client may take ----------------------------------------------------------------

  // From a request's first byte to the end of its head; then 408 (RFC 9110 §15.5.9).
  uint64_t head_timeout_ms = 10'000;
  // Between the end of a response and the first byte of the next request.
  uint64_t idle_timeout_ms = 60'000;
  // Between two moments at which the client acknowledges some bytes of a response.
  uint64_t send_progress_timeout_ms = 30'000;
  // Between two moments at which some bytes of a request's content arrive, while it is read.
  uint64_t receive_progress_timeout_ms = 30'000;
  // After a response that ends a connection, for the client to notice (RFC 9112 §9.6).
  uint64_t linger_ms = 2'000;
  // When the server ends, for a head that has begun to arrive.
  uint64_t drain_head_ms = 1'000;

  // --- What a shard (a thread) may hold ----------------------------------------------------------

  // Connections; the others wait in the kernel's backlog. 0: what the limit of open files allows.
  uint32_t connection_count = 0;
  // Connections that wait to be accepted (listen(2)).
  uint32_t backlog_count = 4096;
  // Pipes that file data travels through, and how much one holds (fcntl(2), F_SETPIPE_SZ). Cut down
  // where the limit of open files, or fs.pipe-user-pages-soft (pipe(7)) of an unprivileged user,
  // allows less; one is left.
  uint32_t pipe_count = 64;
  uint32_t pipe_bytes = 1024 * 1024;
  // A client that takes nothing for this long gives its pipe back.
  uint64_t stalled_pipe_ms = 250;
  // Files that are kept open for the next request, and for how long a path is not looked up again.
  // Changes of the file itself are noticed at once, whatever this says.
  uint32_t open_file_count = 1024;
  uint64_t open_file_ttl_ms = 1'000;
  // Listings that have not been sent yet; more of them are answered with 503.
  uint64_t listing_bytes = 64ULL * 1024 * 1024;
  // Buffers that the kernel receives into; a power of two.
  uint16_t receive_buffer_count = 512;
  uint32_t receive_buffer_bytes = 4096;
  // io_uring workers that may wait for disks at once.
  unsigned blocking_worker_count = 64;

  // --- What all shards together may hold ---------------------------------------------------------

  // Threads for what takes long (hashing, compressing, passwords, listings), and the pieces of work
  // that may wait for one; a request beyond that is answered with 503.
  unsigned background_thread_count = 2;
  uint32_t background_queue_count = 256;
  // What Options::cache_directory may hold; the oldest variants go first.
  uint64_t cache_bytes = 1024ULL * 1024 * 1024;
};

struct Options {
  // What is served. One at least.
  std::vector<Site> sites = {Site{}};

  // Where to listen: "ADDR:PORT", "[IPv6]:PORT", "unix:/path", or "fd:N": a listening stream socket
  // that this process has already, by inheritance or by descriptor_passing.h; it stays the caller's
  // and must be open until the server has stopped. Port 0 takes any that is free.
  std::vector<std::string> listen = {"127.0.0.1:8080"};

  // Shards, one thread each. 0: as many as processors that this process may run on.
  unsigned threads = 0;

  // Where variants are kept that sluice makes itself (Directory::compress). Made if it is not
  // there. May be shared by servers, and emptied at any time.
  std::string cache_directory;

  Limits limits;

  // Which route a body takes where Directory::transfer is kAuto.
  RouteThresholds thresholds;

  // Told of what an operator should know (a line without its end), from any thread of the server,
  // at most a few times a second. Must not block for long and must not throw. Empty: nobody is
  // told.
  std::function<void(std::string_view)> log;
};

// What is wrong with an option, for a person: `message` has the value and what would be allowed.
struct OptionProblem {
  std::string option;  // where: "threads", "limits.head_bytes", "sites[0].redirects[2].from"
  std::string message;
};

// All that a server would not start with: values that are not allowed, patterns with mistakes,
// redirects that lead back to themselves, roots and password files that cannot be read. Empty:
// none.
SLUICE_API std::vector<OptionProblem> find_problems(const Options& options);

}  // namespace sluice
