#include "transfer/large_room.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "transfer/large_content.h"

namespace sluice {

namespace {

constexpr uint64_t kRoomBytes = kLargeBytes + 4096;

void check(bool worked, const char* what) {
  if (!worked) throw std::system_error(errno, std::system_category(), what);
}

}  // namespace

LargeRoom::LargeRoom() : memfd_(memfd_create("room", MFD_CLOEXEC)) {
  check(memfd_.get() >= 0, "memfd_create");
  void* const place =
      mmap(nullptr, kRoomBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memfd_.get(), 0);
  check(place != MAP_FAILED, "mmap");
  place_ = static_cast<char*>(place);
  madvise(place, kRoomBytes, MADV_HUGEPAGE);
}

LargeRoom::~LargeRoom() { munmap(place_, kRoomBytes); }

std::span<char> LargeRoom::memory(uint64_t bytes) {
  renew(bytes);
  return {place_, bytes};
}

UniqueFd LargeRoom::file(uint64_t bytes) {
  renew(bytes);
  UniqueFd file(fcntl(memfd_.get(), F_DUPFD_CLOEXEC, 0));
  check(file.get() >= 0, "fcntl");
  return file;
}

void LargeRoom::renew(uint64_t bytes) {
  check(ftruncate(memfd_.get(), static_cast<off_t>(bytes)) == 0, "ftruncate");
  memset(place_, '#', bytes);
}

}  // namespace sluice
