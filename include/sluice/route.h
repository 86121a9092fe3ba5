// How bytes may travel from one descriptor to another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <sluice/export.h>

namespace sluice {

// docs/TRANSFER.md draws each of them, says what it costs, and when it is the right one.
enum class Route : uint8_t {
  kAuto,           // the cheapest for this size, these ends, and what is in the page cache
  kCopy,           // read into a buffer of this process, write out of it: works with everything
  kSendfile,       // sendfile(2): from a file
  kSplice,         // splice(2) through a pipe: by this thread what is cached, by the ring the rest
                   // and what is written to files
  kRingSplice,     // the same, by the ring alone
  kMapped,         // sendmsg(2) out of a read-only mapping of a file
  kZeroCopySend,   // the same, by a network card that reads the page cache itself (MSG_ZEROCOPY)
  kCopyFileRange,  // copy_file_range(2): file to file, by reference where the file system can
};

inline constexpr size_t kRouteCount = 8;

// "auto", "copy", "sendfile", "splice", "ring-splice", "mapped", "zero-copy-send",
// "copy-file-range".
SLUICE_API std::string_view name_of(Route route) noexcept;

// Also understands '_' in the place of '-'.
SLUICE_API std::optional<Route> route_named(std::string_view name) noexcept;

// Why a transfer took another route than the one that was asked for, or that suits it best.
enum class Fallback : uint8_t {
  kNoPipe,          // all pipes are in use, or the system grants no more (pipe(7))
  kNotSpliceable,   // splice(2), sendfile(2) or copy_file_range(2) refuse these ends (EINVAL, …)
  kNotMappable,     // mmap(2) refuses the file, or there is no memory for it
  kNoZeroCopy,      // the socket cannot send without a copy (EOPNOTSUPP, ENOMEM, …)
  kUnsuitableEnds,  // the route is not for ends of these kinds: memory is not spliced, nor is a
                    // file that says it is empty and has content (proc(5))
  kParsedContent,   // content in chunks is taken apart, so it passes through this process
  kNoWorker,        // all workers are busy, and more work than they get done waits for them
};

inline constexpr size_t kFallbackCount = 7;

// "no-pipe", "not-spliceable", "not-mappable", "no-zero-copy", "unsuitable-ends",
// "parsed-content", "no-worker".
SLUICE_API std::string_view name_of(Fallback reason) noexcept;

// What Route::kAuto goes by, in bytes of a body. The defaults are measured (docs/TRANSFER.md).
struct RouteThresholds {
  // Files up to this are sent `mapped`: like those below, where the page cache has them. What it
  // has not is spliced.
  uint64_t mapped_bytes = 16 * 1024;
  // Larger ones up to this as well, where the server thread has sent no more than this of others
  // since it last began with the same file: what the processor's caches still hold is cheap to
  // copy.
  uint64_t mapped_again_bytes = 128 * 1024;
  // Others up to this by `sendfile`; what is larger than that is spliced.
  uint64_t sendfile_bytes = 128 * 1024;
};

}  // namespace sluice
