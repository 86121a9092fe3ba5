#include "io/populate.h"

#include <liburing.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#include "base/page_size.h"
#include "io/file_mapping.h"
#include "io/operations.h"
#include "runtime/one_shot.h"

namespace sluice {

namespace {

// madvise(2), which the ring always leaves to a worker.
class PopulateRead final : public OneShot {
 public:
  PopulateRead(Reactor& reactor, std::span<char> mapped) noexcept : OneShot(reactor) {
    // Only whole pages can be advised on.
    const auto address = reinterpret_cast<uintptr_t>(mapped.data());
    const uintptr_t begin = page_begin(address);
    io_uring_prep_madvise(&reactor.ring().prepare(*this), reinterpret_cast<void*>(begin),
                          static_cast<uint32_t>(mapped.size() + (address - begin)),
                          MADV_POPULATE_READ);
  }
};

// What is read into here is of no interest to anybody, so any number may be at it at once.
constexpr size_t kUnreadBytes = 64 * 1024;
char unread[kUnreadBytes];

// Some file systems fail a read that they could do half of: then less is asked for, down to a page.
Task<Result<uint64_t>> read_through(Reactor& reactor, int fd, uint64_t offset,
                                    uint64_t bytes) noexcept {
  const uint64_t end = offset + bytes;
  uint64_t at_most = kUnreadBytes;
  for (uint64_t at = offset; at < end;) {
    const uint64_t to_page_end = page_begin(at) + page_bytes() - at;
    const uint64_t piece =
        std::min({end - at, std::max(at_most, to_page_end), uint64_t{kUnreadBytes}});
    ReadOnWorker reading(reactor, fd, {unread, piece}, at);
    const int done = co_await reading;
    if (done == -EINTR) continue;
    if (done < 0 && piece > to_page_end) {
      at_most = piece / 2;
      continue;
    }
    if (done < 0 && at > offset) co_return at - offset;
    if (done < 0) co_return std::unexpected(error_from_errno(-done, "read"));
    if (done == 0) break;
    at += static_cast<uint64_t>(done);
  }
  co_return bytes;
}

}  // namespace

Task<Result<uint64_t>> populate_mapped(Reactor& reactor, int fd, uint64_t offset,
                                       std::span<char> mapped) noexcept {
  PopulateRead populating(reactor, mapped);
  if (co_await populating == 0) co_return mapped.size();
  // EFAULT may be the end of the file or the disk's fault, and others are a matter of the kernel:
  // reading tells which.
  Task<Result<uint64_t>> reading = read_through(reactor, fd, offset, mapped.size());
  co_return co_await reading;
}

Task<Result<uint64_t>> populate(Reactor& reactor, int fd, uint64_t offset,
                                uint64_t bytes) noexcept {
  FileMapping mapping;
  if (const Result<void> mapped = mapping.map(fd, offset, bytes); !mapped) {
    const Error& error = mapped.error();
    co_return std::unexpected(Error{ErrorCode::kUnsupported, error.system_errno, error.operation});
  }
  Task<Result<uint64_t>> populating =
      populate_mapped(reactor, fd, offset, mapping.part(offset, bytes));
  co_return co_await populating;
}

}  // namespace sluice
