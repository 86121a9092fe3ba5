#include "transfer/route_fixture.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace sluice {

namespace {

void check(bool worked, const char* what) {
  if (!worked) throw std::system_error(errno, std::system_category(), what);
}

}  // namespace

std::string varied_bytes(size_t count) {
  std::string bytes(count, '\0');
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(i + i / 251 + i / 4096 * 7);
  return bytes;
}

uint64_t cached_bytes(int file, uint64_t offset, uint64_t bytes) {
  constexpr long kCachestat = 451;
  const uint64_t range[2] = {offset, bytes};
  uint64_t answer[5] = {};
  check(syscall(kCachestat, file, range, answer, 0) == 0, "cachestat");
  return answer[0] * 4096;
}

bool evict(int file) {
  struct statfs system;
  check(fstatfs(file, &system) == 0, "fstatfs");
  if (system.f_type == TMPFS_MAGIC) return false;
  check(fsync(file) == 0, "fsync");
  // What a socket referred to stays a moment longer: another CPU may be the one to let go of it.
  for (int tries = 0; tries < 500; ++tries) {
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    if (cached_bytes(file, 0, 0) == 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("a file stays in the page cache: somebody refers to it");
}

UniqueFd RouteTest::make_file(std::string_view content) {
  directory_.write("file", content);
  return open_file();
}

UniqueFd RouteTest::open_file() const {
  // As sluice opens files (files/document_root.cc).
  return UniqueFd(open(directory_.path_of("file").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
}

void RouteTest::connect(Family family) { connect(connect_ends(family)); }

void RouteTest::connect(Connection ends) {
  client_ = std::move(ends.client);
  socket_ = std::make_unique<Socket>(loop_.reactor(), std::move(ends.server));
  sink_ = std::make_unique<SocketReadiness>(*socket_, limits_.send_progress_timeout_ms);
}

void RouteTest::start_reading() {
  reader_ =
      std::async(std::launch::async, [fd = client_.get()] { return testing_support::drain(fd); });
}

Result<RouteEnd> RouteTest::run(Send send, OutgoingFile& file) { return loop_.run(send(file)); }

std::string RouteTest::received() {
  sink_.reset();
  socket_.reset();
  if (!reader_.valid()) start_reading();
  std::string arrived = testing_support::outcome_of(reader_, loop_.reactor().ring());
  client_.reset();
  return arrived;
}

}  // namespace sluice
