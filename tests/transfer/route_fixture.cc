#include "transfer/route_fixture.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
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
  fsync(file);
  posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  return cached_bytes(file, 0, 0) == 0;
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
  reader_ = std::thread([this] { arrived_ += testing_support::drain(client_.get()); });
}

Result<RouteEnd> RouteTest::run(Send send, OutgoingFile& file) { return loop_.run(send(file)); }

std::string RouteTest::received() {
  sink_.reset();
  socket_.reset();
  if (reader_.joinable()) {
    reader_.join();
  } else {
    arrived_ += testing_support::drain(client_.get());
  }
  client_.reset();
  return std::exchange(arrived_, {});
}

}  // namespace sluice
