// Variants that sluice makes itself: when, where, how many, and what goes wrong.
#include "files/variant_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sluice/unique_fd.h>

#include "files/decompress.h"
#include "runtime/held_worker.h"
#include "support/random.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using http::Coding;
using http::CodingSet;
using testing_support::decompress;
using testing_support::Random;
using testing_support::TemporaryDirectory;

constexpr Coding kCodings[] = {Coding::kBrotli, Coding::kZstd, Coding::kGzip};
constexpr CodingSet kAll = {Coding::kBrotli, Coding::kZstd, Coding::kGzip};
constexpr uint64_t kMebibyte = 1024 * 1024;

std::string random_bytes(size_t count) {
  Random random(count);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.next());
  return bytes;
}

// Waits for `condition`; false when it does not come about.
template <class Condition>
bool eventually(Condition condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

// An open file, what it is called, and what is in it.
struct OpenedFile {
  OpenedFile(const TemporaryDirectory& directory, const std::string& name, std::string text)
      : content(std::move(text)), key(variant_key(directory.path(), name, "\"1\"", {})) {
    directory.write(name, content);
    fd.reset(open(directory.path_of(name).c_str(), O_RDONLY | O_CLOEXEC));
    state = *state_of(fd.get());
  }
  Original original() const { return {.fd = fd.get(), .state = state}; }

  std::string content;
  VariantKey key;
  UniqueFd fd;
  FileState state;
};

class VariantStoreTest : public testing::Test {
 protected:
  std::unique_ptr<VariantStore> make_store(WorkerPool& pool, uint64_t capacity = kMebibyte) {
    VariantStore::Settings settings;
    settings.directory = cache_path_;
    settings.capacity_bytes = capacity;
    settings.log = [this](std::string_view line) { lines_.emplace_back(line); };
    return std::make_unique<VariantStore>(pool, std::move(settings));
  }

  // A file in the directory, which is usable whatever the umask is.
  void write_into_cache(const std::string& name, std::string_view content) const {
    parent_.write("deep/cache/" + name, content);
    ASSERT_EQ(chmod(cache_path_.c_str(), 0700), 0);
  }

  std::string path_of(const VariantKey& key, Coding coding) const {
    return cache_path_ + "/" + std::string(VariantName(key, coding).view());
  }
  bool has(const VariantKey& key, Coding coding) const {
    return std::filesystem::exists(path_of(key, coding));
  }
  std::string read(const VariantKey& key, Coding coding) const {
    return testing_support::content_of(path_of(key, coding));
  }
  size_t file_count() const {
    size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(cache_path_)) {
      count += entry.is_regular_file() ? 1 : 0;
    }
    return count;
  }
  ino_t inode(const VariantKey& key, Coding coding) const {
    struct stat file{};
    stat(path_of(key, coding).c_str(), &file);
    return file.st_ino;
  }
  void set_age(const VariantKey& key, time_t modified) const {
    const timespec times[2] = {{modified, 0}, {modified, 0}};
    for (const Coding coding : kCodings) {
      utimensat(AT_FDCWD, path_of(key, coding).c_str(), times, 0);
    }
  }

  TemporaryDirectory root_;
  TemporaryDirectory parent_;
  std::string cache_path_ = parent_.path_of("deep/cache");
  std::vector<std::string> lines_;
};

TEST(VariantKeyTest, EveryPartCounts) {
  const VariantKey key = variant_key("/srv/www", "a/b.html", "\"1-2\"", {});
  EXPECT_EQ(variant_key("/srv/www", "a/b.html", "\"1-2\"", {}), key);
  EXPECT_NE(variant_key("/srv/www/a", "b.html", "\"1-2\"", {}), key);
  EXPECT_NE(variant_key("/srv/wwwa", "/b.html", "\"1-2\"", {}), key);
  EXPECT_NE(variant_key("/srv/www", "a/c.html", "\"1-2\"", {}), key);
  EXPECT_NE(variant_key("/srv/www", "a/b.html", "\"1-3\"", {}), key);
  EXPECT_NE(variant_key("/srv/www", "a/b.html", "\"1-2\"", FileState{.changed_seconds = 1}), key);
  EXPECT_NE(variant_key("/srv/www", "a/b.html", "\"1-2\"", FileState{.changed_nanoseconds = 1}),
            key);
}

TEST(VariantNameTest, IsHexadecimalInAFolder) {
  const VariantKey key{.high = 0x0123456789abcdefU, .low = 0xfedcba9876543210U};
  EXPECT_EQ(VariantName(key, Coding::kBrotli).view(), "01/23456789abcdeffedcba9876543210.br");
  EXPECT_EQ(VariantName(key, Coding::kZstd).view(), "01/23456789abcdeffedcba9876543210.zst");
  const VariantName gzip(key, Coding::kGzip);
  EXPECT_STREQ(gzip.c_str(), "01/23456789abcdeffedcba9876543210.gz");
  EXPECT_TRUE(is_variant_folder(gzip.view().substr(0, 2)));
  EXPECT_TRUE(is_variant_file(gzip.view().substr(3)));
}

TEST(VariantNameTest, OtherNamesAreNot) {
  for (const char* const name : {"", "0", "012", "0g", "..", "0A"}) {
    EXPECT_FALSE(is_variant_folder(name)) << name;
  }
  const std::string digits = "23456789abcdeffedcba9876543210";
  for (const std::string& name : {std::string(), digits, digits + ".bz2", digits + "a.br",
                                  digits.substr(1) + ".br", "x" + digits.substr(1) + ".br"}) {
    EXPECT_FALSE(is_variant_file(name)) << name;
  }
}

TEST_F(VariantStoreTest, MakesWhatIsWanted) {
  WorkerPool pool(0, 0);
  const auto store = make_store(pool);
  ASSERT_TRUE(store->usable());
  EXPECT_EQ(store->directory(), cache_path_);
  struct stat directory{};
  ASSERT_EQ(stat(cache_path_.c_str(), &directory), 0);
  EXPECT_EQ(directory.st_mode & 0777U, 0700u);

  const OpenedFile file(root_, "a.txt", std::string(5000, 'a'));
  store->want(file.key, file.original(), {Coding::kGzip});
  EXPECT_TRUE(has(file.key, Coding::kGzip));
  EXPECT_EQ(file_count(), 1u);
  store->want(file.key, file.original(), kAll);
  for (const Coding coding : kCodings) {
    EXPECT_EQ(decompress(read(file.key, coding), coding), file.content);
  }
  EXPECT_EQ(file_count(), 3u);
  EXPECT_TRUE(lines_.empty());
}

TEST_F(VariantStoreTest, OnlyForSizesThatAreWorthIt) {
  WorkerPool pool(0, 0);
  const auto store = make_store(pool);
  const VariantKey key = variant_key("", "", "", {});
  EXPECT_FALSE(store->possible(key, 255).contains(Coding::kGzip));
  EXPECT_TRUE(store->possible(key, 256).contains(Coding::kGzip));
  EXPECT_TRUE(store->possible(key, 64 * kMebibyte).contains(Coding::kGzip));
  EXPECT_FALSE(store->possible(key, 64 * kMebibyte + 1).contains(Coding::kGzip));
  const OpenedFile small(root_, "small", std::string(255, 'a'));
  store->want(small.key, small.original(), kAll);
  const OpenedFile large(root_, "large", std::string(256, 'a'));
  store->want(large.key, large.original(), kAll);
  EXPECT_EQ(file_count(), 3u);
  EXPECT_FALSE(has(small.key, Coding::kGzip));
}

TEST_F(VariantStoreTest, RemembersWhatIsNotWorthIt) {
  WorkerPool pool(0, 0);
  const auto store = make_store(pool);
  const OpenedFile noise(root_, "noise", random_bytes(10'000));
  store->want(noise.key, noise.original(), {Coding::kBrotli, Coding::kGzip});
  EXPECT_EQ(file_count(), 0u);
  const CodingSet possible = store->possible(noise.key, noise.state.size_bytes);
  EXPECT_FALSE(possible.contains(Coding::kBrotli));
  EXPECT_FALSE(possible.contains(Coding::kGzip));
  EXPECT_TRUE(possible.contains(Coding::kZstd));  // which nobody has tried
  EXPECT_TRUE(lines_.empty());
}

TEST_F(VariantStoreTest, AChangedOriginalLeavesNothing) {
  WorkerPool pool(0, 0);
  const auto store = make_store(pool);
  const OpenedFile file(root_, "a.txt", std::string(5000, 'a'));
  ASSERT_EQ(truncate(root_.path_of("a.txt").c_str(), 4000), 0);
  store->want(file.key, file.original(), kAll);
  EXPECT_EQ(file_count(), 0u);
  EXPECT_TRUE(store->possible(file.key, 5000).contains(Coding::kGzip));
  EXPECT_TRUE(lines_.empty());
}

TEST_F(VariantStoreTest, WhatIsThereAfterARestartIsUsed) {
  const OpenedFile file(root_, "a.txt", std::string(5000, 'a'));
  ino_t before = 0;
  for (int start = 0; start < 2; ++start) {
    WorkerPool pool(0, 0);
    const auto store = make_store(pool);
    store->want(file.key, file.original(), kAll);
    if (start == 0) before = inode(file.key, Coding::kGzip);
  }
  EXPECT_EQ(inode(file.key, Coding::kGzip), before);
  EXPECT_EQ(file_count(), 3u);
}

TEST_F(VariantStoreTest, TheOldestMakeRoom) {
  WorkerPool pool(0, 0);
  const auto store = make_store(pool, 10 * 4096);  // each of these takes 4 KiB
  std::vector<std::unique_ptr<OpenedFile>> files;
  for (int i = 0; i < 4; ++i) {
    const std::string name = std::to_string(i);
    files.push_back(std::make_unique<OpenedFile>(root_, name, std::string(1000, 'a')));
    store->want(files[i]->key, files[i]->original(), kAll);
    set_age(files[i]->key, i == 1 ? 1'000 : 100'000 + i);
    EXPECT_LE(file_count(), 10u);
  }
  EXPECT_FALSE(has(files[1]->key, Coding::kGzip));
  EXPECT_TRUE(has(files[2]->key, Coding::kGzip));
  EXPECT_TRUE(has(files[3]->key, Coding::kBrotli));
}

TEST_F(VariantStoreTest, WhatIsTooMuchAtTheStartIsRemoved) {
  WorkerPool pool(0, 0);
  std::vector<std::unique_ptr<OpenedFile>> files;
  {
    const auto store = make_store(pool);
    for (int i = 0; i < 4; ++i) {
      const std::string name = std::to_string(i);
      files.push_back(std::make_unique<OpenedFile>(root_, name, std::string(1000, 'a')));
      store->want(files[i]->key, files[i]->original(), kAll);
      set_age(files[i]->key, 1'000 * (4 - i));
    }
  }
  EXPECT_EQ(file_count(), 12u);
  const auto store = make_store(pool, 8 * 4096);
  EXPECT_LE(file_count(), 8u);
  EXPECT_TRUE(has(files[0]->key, Coding::kGzip));
  EXPECT_FALSE(has(files[3]->key, Coding::kGzip));
}

TEST_F(VariantStoreTest, WhatIsLargerThanAllMayBeIsNotKept) {
  WorkerPool pool(0, 0);
  const auto store = make_store(pool, 4095);
  const OpenedFile file(root_, "a.txt", std::string(5000, 'a'));
  store->want(file.key, file.original(), kAll);
  EXPECT_EQ(file_count(), 0u);
  EXPECT_FALSE(store->possible(file.key, 5000).contains(Coding::kGzip));
  EXPECT_TRUE(lines_.empty());
}

TEST_F(VariantStoreTest, OfOtherFilesNothingIsRemoved) {
  write_into_cache("README", "mine");
  write_into_cache("ab/notes.gz", "mine");
  WorkerPool pool(0, 0);
  const auto store = make_store(pool, 0);
  EXPECT_EQ(file_count(), 2u);
}

TEST_F(VariantStoreTest, WhatAKilledServerLeftIsRemovedAndNoMore) {
  write_into_cache(".new-0123456789abcdef", "half");
  write_into_cache(".new-fedcba9876543210", "being written");
  const UniqueFd lock(
      open(parent_.path_of("deep/cache/.new-fedcba9876543210").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(flock(lock.get(), LOCK_EX), 0);
  WorkerPool pool(0, 0);
  const auto store = make_store(pool);
  EXPECT_FALSE(std::filesystem::exists(cache_path_ + "/.new-0123456789abcdef"));
  EXPECT_TRUE(std::filesystem::exists(cache_path_ + "/.new-fedcba9876543210"));
}

TEST_F(VariantStoreTest, AnEmptiedDirectoryIsFilledAgain) {
  WorkerPool pool(0, 0);
  const auto store = make_store(pool);
  const OpenedFile file(root_, "a.txt", std::string(5000, 'a'));
  for (int round = 0; round < 2; ++round) {
    store->want(file.key, file.original(), kAll);
    EXPECT_EQ(file_count(), 3u);
    for (const auto& entry : std::filesystem::directory_iterator(cache_path_)) {
      std::filesystem::remove_all(entry);
    }
  }
}

TEST_F(VariantStoreTest, StoppedWorkLeavesNothing) {
  const OpenedFile file(root_, "large", random_bytes(32 * kMebibyte) + std::string(1000, 'a'));
  WorkerPool pool(2, 8);
  const auto store = make_store(pool);
  store->want(file.key, file.original(), {Coding::kBrotli});  // which takes longest
  EXPECT_TRUE(eventually([&] { return file_count() > 0; }));  // it has begun
  pool.stop();
  EXPECT_EQ(file_count(), 0u);
  EXPECT_TRUE(store->possible(file.key, file.state.size_bytes).contains(Coding::kBrotli));
  EXPECT_TRUE(lines_.empty());
}

TEST_F(VariantStoreTest, WantedByManyItIsMadeOnce) {
  const OpenedFile file(root_, "a.txt", std::string(500'000, 'a'));
  const OpenedFile other(root_, "b.txt", std::string(5'000, 'b'));
  WorkerPool pool(1, 3);
  HeldWorker held(pool);
  const auto store = make_store(pool);  // which takes one of the three places
  {
    std::vector<std::jthread> shards;
    for (int shard = 0; shard < 3; ++shard) {
      shards.emplace_back([&] {
        for (int i = 0; i < 100; ++i) store->want(file.key, file.original(), kAll);
      });
    }
  }
  store->want(other.key, other.original(), kAll);  // there is still a place
  held.release();
  EXPECT_TRUE(eventually([&] { return has(other.key, Coding::kBrotli); }));
  pool.stop();
  for (const Coding coding : kCodings) {
    EXPECT_EQ(decompress(read(file.key, coding), coding), file.content);
  }
}

TEST_F(VariantStoreTest, ServersMayShareADirectory) {
  WorkerPool pool(4, 64);
  const auto one = make_store(pool, 20 * 4096);
  const auto other = make_store(pool, 20 * 4096);
  std::vector<std::unique_ptr<OpenedFile>> files;
  for (int i = 0; i < 20; ++i) {
    files.push_back(
        std::make_unique<OpenedFile>(root_, std::to_string(i), std::string(3000 + i, 'a')));
    one->want(files[i]->key, files[i]->original(), kAll);
    other->want(files[i]->key, files[i]->original(), kAll);
  }
  EXPECT_TRUE(eventually([&] { return has(files.back()->key, Coding::kBrotli); }));
  pool.stop();
  size_t found_count = 0;
  for (const auto& file : files) {
    for (const Coding coding : kCodings) {
      if (!has(file->key, coding)) continue;
      ++found_count;
      EXPECT_EQ(decompress(read(file->key, coding), coding), file->content);
    }
  }
  EXPECT_EQ(found_count, file_count());
  EXPECT_TRUE(lines_.empty());
}

TEST_F(VariantStoreTest, ADirectoryThatIsAFileIsReportedOnce) {
  parent_.write("deep/cache", "");
  WorkerPool pool(0, 0);
  const auto store = make_store(pool);
  EXPECT_FALSE(store->usable());
  const OpenedFile file(root_, "a.txt", std::string(5000, 'a'));
  store->want(file.key, file.original(), kAll);
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_NE(lines_[0].find(cache_path_), std::string::npos);
}

TEST_F(VariantStoreTest, ADirectoryThatOthersMayWriteToIsRefused) {
  write_into_cache("x", "");
  WorkerPool pool(0, 0);
  for (const mode_t mode : {01777, 0775, 0770, 0720, 0702}) {
    SCOPED_TRACE(mode);
    lines_.clear();
    ASSERT_EQ(chmod(cache_path_.c_str(), mode), 0);
    EXPECT_FALSE(make_store(pool)->usable());
    EXPECT_EQ(lines_.size(), 1u);
  }
  for (const mode_t mode : {0755, 0750, 0700}) {
    SCOPED_TRACE(mode);
    ASSERT_EQ(chmod(cache_path_.c_str(), mode), 0);
    EXPECT_TRUE(make_store(pool)->usable());
  }
}

TEST_F(VariantStoreTest, AReadOnlyDirectoryIsRefused) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  write_into_cache("x", "");
  ASSERT_EQ(chmod(cache_path_.c_str(), 0500), 0);
  WorkerPool pool(0, 0);
  EXPECT_FALSE(make_store(pool)->usable());
  ASSERT_EQ(chmod(cache_path_.c_str(), 0700), 0);
  EXPECT_EQ(lines_.size(), 1u);
}

// As long as it lives no file of this process becomes longer: a disk that is full.
class FullDisk {
 public:
  FullDisk() {
    getrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, SIG_IGN);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, SIG_DFL);
  }

 private:
  rlimit before_{};
};

TEST_F(VariantStoreTest, AFullDiskIsReportedOnceAndLeftAlone) {
  WorkerPool pool(0, 0);
  const auto store = make_store(pool);
  const OpenedFile file(root_, "a.txt", std::string(5000, 'a'));
  const OpenedFile other(root_, "b.txt", std::string(5000, 'b'));
  {
    const FullDisk full;
    store->want(file.key, file.original(), kAll);
    store->want(other.key, other.original(), kAll);
  }
  EXPECT_EQ(lines_.size(), 1u);
  EXPECT_EQ(file_count(), 0u);
  // It is worth another attempt, but not at once.
  EXPECT_TRUE(store->possible(file.key, 5000).contains(Coding::kGzip));
  store->want(file.key, file.original(), kAll);
  EXPECT_EQ(file_count(), 0u);
}

}  // namespace
}  // namespace sluice
