#include "sim/site.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "support/random.h"

namespace sluice::sim {

namespace {

SiteFile make_file(const std::string& path, size_t bytes, uint64_t seed) {
  SiteFile file{path, std::string(bytes, '\0')};
  testing_support::Random random(seed);
  for (char& byte : file.content) byte = static_cast<char>(random.next());
  return file;
}

}  // namespace

Site::Site() {
  const std::pair<const char*, size_t> kinds[] = {
      {"empty.txt", 0},      {"one.txt", 1},         {"tiny.html", 700},
      {"page.bin", 4096},    {"pages.css", 8193},    {"medium.js", 40'000},
      {"pipe.bin", 65'536},  {"large.bin", 200'001}, {"nested/deep/file.svg", 3'000},
      {"huge.bin", 700'000},
  };
  uint64_t seed = 1;
  for (const auto& [path, bytes] : kinds) files_.push_back(make_file(path, bytes, seed++));
  index_ = make_file(std::string(kIndexDirectory) + "/index.html", 5'000, seed++);
  shrinking_ = make_file("shrinking.bin", 150'000, seed++);
  swapped_ = make_file("swapped.bin", 90'000, seed++);
  other_ = make_file("other.bin", 100'000, seed++);

  for (const SiteFile& file : files_) add(file);
  add(index_);
  restore();
  add(make_file(std::string(kHiddenFile), 100, seed++));
  std::filesystem::create_directory(directory_.path_of(kBareDirectory));
}

void Site::add(const SiteFile& file) const {
  directory_.write(file.path, file.content);
  // The entity tag is made of the time, and runs are to be equal to the byte.
  const timespec times[2] = {{.tv_sec = 1'700'000'000, .tv_nsec = 123'456'789},
                             {.tv_sec = 1'700'000'000, .tv_nsec = 123'456'789}};
  utimensat(AT_FDCWD, directory_.path_of(file.path).c_str(), times, 0);
}

void Site::restore() const {
  add(shrinking_);
  add(swapped_);
}

void Site::swap() const {
  add(other_);
  std::filesystem::rename(directory_.path_of(other_.path), directory_.path_of(swapped_.path));
}

void Site::shrink(uint64_t bytes) const {
  const std::string path = directory_.path_of(shrinking_.path);
  if (truncate(path.c_str(), static_cast<off_t>(bytes)) != 0) throw std::runtime_error(path);
}

const Site& Site::shared() {
  static const Site site;
  return site;
}

}  // namespace sluice::sim
