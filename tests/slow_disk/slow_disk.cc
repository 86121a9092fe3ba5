// A file system (FUSE) that shows the files of a directory, and takes its time to read them.
//
// usage: slow_disk DIRECTORY MOUNTPOINT DELAY_MS [GATE]
//
// Each read waits for DELAY_MS and then, if GATE is given, until that file exists. Runs in the
// foreground; SIGTERM unmounts it.
#define FUSE_USE_VERSION 312

#include <dirent.h>
#include <fcntl.h>
#include <fuse.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

struct SlowDisk {
  std::string directory;
  std::chrono::milliseconds delay{};
  std::string gate;
};

SlowDisk disk;

std::string below(const char* path) { return disk.directory + path; }

int result_of(int returned) { return returned < 0 ? -errno : returned; }

int get_attributes(const char* path, struct stat* attributes, fuse_file_info*) {
  return result_of(lstat(below(path).c_str(), attributes));
}

int read_directory(const char* path, void* buffer, fuse_fill_dir_t fill, off_t, fuse_file_info*,
                   fuse_readdir_flags) {
  DIR* const directory = opendir(below(path).c_str());
  if (directory == nullptr) return -errno;
  while (const dirent* const entry = readdir(directory)) {
    if (fill(buffer, entry->d_name, nullptr, 0, {}) != 0) break;
  }
  closedir(directory);
  return 0;
}

int open_file(const char* path, fuse_file_info* file) {
  const int fd = open(below(path).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  file->fh = static_cast<uint64_t>(fd);
  return 0;
}

int read_file(const char*, char* buffer, size_t bytes, off_t offset, fuse_file_info* file) {
  std::this_thread::sleep_for(disk.delay);
  while (!disk.gate.empty() && access(disk.gate.c_str(), F_OK) != 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return result_of(static_cast<int>(pread(static_cast<int>(file->fh), buffer, bytes, offset)));
}

int release_file(const char*, fuse_file_info* file) {
  close(static_cast<int>(file->fh));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || argc > 5) {
    std::fprintf(stderr, "usage: slow_disk DIRECTORY MOUNTPOINT DELAY_MS [GATE]\n");
    return 2;
  }
  disk.directory = argv[1];
  disk.delay = std::chrono::milliseconds(std::strtoul(argv[3], nullptr, 10));
  if (argc == 5) disk.gate = argv[4];

  fuse_operations operations{};
  operations.getattr = get_attributes;
  operations.readdir = read_directory;
  operations.open = open_file;
  operations.read = read_file;
  operations.release = release_file;
  // As many threads as reads may wait, or the readers would wait for each other.
  std::string name = argv[0];
  std::string mountpoint = argv[2];
  std::string foreground = "-f";
  std::string option = "-o";
  std::string options = "ro,max_threads=200,max_idle_threads=200,allow_other,default_permissions";
  std::array<char*, 5> arguments = {name.data(), foreground.data(), option.data(), options.data(),
                                    mountpoint.data()};
  return fuse_main(static_cast<int>(arguments.size()), arguments.data(), &operations, nullptr);
}
