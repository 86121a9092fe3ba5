#include "transfer/large_content.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include <sluice/shared_memory.h>

namespace sluice {

namespace {

// Says where it is.
using Mark = uint64_t;

constexpr uint64_t kMarkDistance = 1'000'003;

// About what a server has of a chunk at a time.
constexpr size_t kPieceBytes = 100'001;

void check(bool worked, const char* what) {
  if (!worked) throw std::system_error(errno, std::system_category(), what);
}

std::vector<uint64_t> places_of_marks() {
  constexpr uint64_t kEdges[] = {4096, 1ULL << 20U, 1ULL << 31U, 1ULL << 32U};
  std::vector<uint64_t> places = {0, kLargeBytes - sizeof(Mark)};
  for (const uint64_t edge : kEdges) {
    for (const uint64_t place : {edge - 12, edge - 4, edge + 4, edge + 4096 - 4}) {
      places.push_back(place);
    }
  }
  for (uint64_t place = kMarkDistance; place < kLargeBytes - 2 * sizeof(Mark);
       place += kMarkDistance) {
    places.push_back(place);
  }
  return places;
}

}  // namespace

uint64_t available_memory_bytes() {
  std::ifstream meminfo("/proc/meminfo");
  std::string word;
  uint64_t kib = 0;
  while (meminfo >> word) {
    if (word == "MemAvailable:" && meminfo >> kib) return kib * 1024;
  }
  return 0;
}

LargeContent::LargeContent() : marks_(places_of_marks()) {
  void* const place = mmap(nullptr, kLargeBytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  check(place != MAP_FAILED, "mmap");
  bytes_ = static_cast<char*>(place);
  // Or each mark might take 2 MiB.
  madvise(place, kLargeBytes, MADV_NOHUGEPAGE);
  for (const Mark mark : marks_) memcpy(bytes_ + mark, &mark, sizeof mark);
}

LargeContent::~LargeContent() { munmap(bytes_, kLargeBytes); }

void LargeContent::fill(int fd, uint64_t begin) const {
  check(ftruncate(fd, static_cast<off_t>(kLargeBytes - begin)) == 0, "ftruncate");
  for (const uint64_t mark : marks_) {
    if (mark + sizeof(Mark) <= begin) continue;
    const uint64_t first = std::max(mark, begin);
    const std::string_view bytes = this->bytes().substr(first, mark + sizeof(Mark) - first);
    const ssize_t written =
        pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(first - begin));
    check(written == static_cast<ssize_t>(bytes.size()), "pwrite");
  }
}

StoredBytes LargeContent::stored_for(SourceKind kind,
                                     const testing_support::TemporaryDirectory& directory) const {
  StoredBytes stored{.bytes = bytes(), .piece_bytes = kPieceBytes};
  if (kind == SourceKind::kFile || kind == SourceKind::kList) {
    const std::string name = directory.path_of(name_of(kind));
    stored.file = UniqueFd(open(name.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    check(stored.file.get() >= 0, "open");
    const bool in_list = kind == SourceKind::kList;
    fill(stored.file.get(), in_list ? list_file_begin(bytes()) : 0);
    // Too much, for a list.
    if (in_list) check(ftruncate(stored.file.get(), kLargeBytes) == 0, "ftruncate");
  }
  if (kind == SourceKind::kOwned) stored.owned = Source::owned(std::string(bytes()));
  if (kind == SourceKind::kShared) {
    SharedMemoryWriter writer = SharedMemoryWriter::create("large").value();
    fill(writer.fd(), 0);
    stored.shared = std::move(writer).seal().value();
  }
  return stored;
}

uint64_t LargeContent::stored_memory_bytes(SourceKind kind) noexcept {
  // A memfd that is mapped gets memory for its holes too.
  return kind == SourceKind::kOwned || kind == SourceKind::kShared ? kLargeBytes : 0;
}

}  // namespace sluice
