// Directories, read page by page.
#include "files/directory_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <sluice/unique_fd.h>

#include "support/descriptors.h"
#include "support/random.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing_support::open_descriptors;
using testing_support::Random;
using testing_support::TemporaryDirectory;

constexpr ListingOrder kOrders[] = {
    {ListingSort::kName, false}, {ListingSort::kName, true},      {ListingSort::kSize, false},
    {ListingSort::kSize, true},  {ListingSort::kModified, false}, {ListingSort::kModified, true}};

using Names = std::vector<std::string>;

// As they are shown: a slash behind directories.
Names names_of(const ListingPage& page) {
  Names names;
  for (const ListingEntry& entry : page.entries) {
    names.push_back(entry.is_directory ? entry.name + "/" : entry.name);
  }
  return names;
}

class DirectoryReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(directory_.path_of("root"));
    std::filesystem::create_directory(directory_.path_of(kPath));
  }

  // Of the directory root/dir, in which all that follows takes place.
  Result<ListingPage> try_read(const ListingQuery& query, const std::stop_token& stop = {}) const {
    const UniqueFd root(open(directory_.path_of("root").c_str(), O_PATH | O_CLOEXEC));
    const UniqueFd fd(openat(root.get(), "dir", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ListingSource source = policy_;
    source.fd = fd.get();
    source.root_fd = root.get();
    source.path = "dir";
    return read_directory(source, query, stop);
  }

  ListingPage read(const ListingQuery& query = {}) const {
    Result<ListingPage> page = try_read(query);
    EXPECT_TRUE(page) << to_string(page.error());
    return page ? std::move(*page) : ListingPage{};
  }

  std::string path_of(const std::string& name) const {
    return directory_.path_of(std::string(kPath) + "/" + name);
  }
  void file(const std::string& name, const std::string& content = "") const {
    directory_.write(std::string(kPath) + "/" + name, content);
  }
  void folder(const std::string& name) const {
    ASSERT_EQ(mkdir(path_of(name).c_str(), 0755), 0) << name;
  }
  void link(const std::string& target, const std::string& name) const {
    ASSERT_EQ(symlink(target.c_str(), path_of(name).c_str()), 0) << name;
  }
  void touch(const std::string& name, int64_t seconds, int64_t nanoseconds) const {
    const timespec times[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
    ASSERT_EQ(utimensat(AT_FDCWD, path_of(name).c_str(), times, 0), 0) << name;
  }
  // Quicker than a stream, for many.
  void empty_file(const std::string& name) const {
    const UniqueFd fd(open(path_of(name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    ASSERT_TRUE(fd) << name;
  }

  static constexpr const char* kPath = "root/dir";
  TemporaryDirectory directory_;
  ListingSource policy_;
};

TEST_F(DirectoryReaderTest, AnEmptyDirectory) {
  const ListingPage page = read();
  EXPECT_TRUE(page.entries.empty());
  EXPECT_FALSE(page.next);
}

TEST_F(DirectoryReaderTest, TellsSizeTimeAndKind) {
  file("file", "12345");
  folder("folder");
  touch("file", 1'700'000'000, 123'456'789);
  touch("folder", -5, 1);
  const ListingPage page = read();
  ASSERT_EQ(names_of(page), (Names{"folder/", "file"}));
  EXPECT_EQ(page.entries[0].size_bytes, 0);
  EXPECT_EQ(page.entries[0].modified_seconds, -5);
  EXPECT_EQ(page.entries[0].modified_nanoseconds, 1);
  EXPECT_EQ(page.entries[1].size_bytes, 5);
  EXPECT_EQ(page.entries[1].modified_seconds, 1'700'000'000);
  EXPECT_EQ(page.entries[1].modified_nanoseconds, 123'456'789);
}

TEST_F(DirectoryReaderTest, SortsByEachKey) {
  folder("z-old");
  folder("a-new");
  touch("z-old", 10, 0);
  touch("a-new", 20, 0);
  file("b", "xx");
  file("B", "x");
  file("c", "xx");
  file("a", "xxx");
  touch("b", 100, 7);
  touch("B", 100, 6);
  touch("c", 99, 900'000'000);
  touch("a", 100, 7);
  const Names expected[] = {
      {"a-new/", "z-old/", "B", "a", "b", "c"}, {"z-old/", "a-new/", "c", "b", "a", "B"},
      {"a-new/", "z-old/", "B", "b", "c", "a"}, {"a-new/", "z-old/", "a", "b", "c", "B"},
      {"z-old/", "a-new/", "c", "B", "a", "b"}, {"a-new/", "z-old/", "a", "b", "B", "c"}};
  for (size_t i = 0; i < std::size(kOrders); ++i) {
    SCOPED_TRACE(i);
    ListingQuery query;
    query.order = kOrders[i];
    EXPECT_EQ(names_of(read(query)), expected[i]);
  }
}

// A page that is exactly full is the last one.
TEST_F(DirectoryReaderTest, TellsWhetherMoreFollow) {
  for (const char* const name : {"a", "b", "c"}) file(name);
  ListingQuery query;
  query.page_size = 4;
  EXPECT_FALSE(read(query).next);
  query.page_size = 3;
  EXPECT_FALSE(read(query).next);
  query.page_size = 2;
  const ListingPage page = read(query);
  EXPECT_EQ(names_of(page), (Names{"a", "b"}));
  ASSERT_TRUE(page.next);
  EXPECT_EQ(page.next->name, "b");
  query.after = page.next;
  EXPECT_EQ(names_of(read(query)), (Names{"c"}));
  EXPECT_FALSE(read(query).next);
}

TEST_F(DirectoryReaderTest, PageByPageGivesEachEntryOnce) {
  constexpr size_t kCount = 2500;
  Random random(5);
  for (size_t i = 0; i < kCount; ++i) {
    const std::string name = std::to_string(random.below(1'000'000'000)) + "-" + std::to_string(i);
    if (i % 25 == 0) {
      folder(name);
    } else {
      empty_file(name);
      ASSERT_EQ(truncate(path_of(name).c_str(), static_cast<off_t>(random.below(50))), 0);
    }
    touch(name, static_cast<int64_t>(random.below(3)), static_cast<int64_t>(random.below(20)));
  }
  for (const ListingOrder& order : kOrders) {
    SCOPED_TRACE(static_cast<int>(order.sort) * 2 + (order.descending ? 1 : 0));
    ListingQuery query;
    query.order = order;
    std::vector<ListingEntry> all;
    size_t pages = 0;
    do {
      ListingPage page = read(query);
      // By way of the reference, as a client does.
      if (page.next) {
        const auto next = parse_listing_query(listing_reference(order, &*page.next));
        ASSERT_TRUE(next);
        query = *next;
      } else {
        query.after.reset();
      }
      std::ranges::move(page.entries, std::back_inserter(all));
      ASSERT_LT(++pages, 10U);
    } while (query.after);
    EXPECT_EQ(pages, 3U);
    EXPECT_EQ(all.size(), kCount);
    EXPECT_TRUE(std::ranges::is_sorted(
        all, [&](const auto& a, const auto& b) { return order.precedes(a, b); }));
    std::set<std::string> names;
    for (const ListingEntry& entry : all) EXPECT_TRUE(names.insert(entry.name).second);
  }
}

TEST_F(DirectoryReaderTest, ACursorNeedNotBeThereAnyMore) {
  folder("sub");
  for (const char* const name : {"a", "b", "c", "d"}) file(name, name);
  ListingQuery query;
  query.page_size = 3;
  query.after = read(query).next;
  ASSERT_EQ(query.after->name, "b");
  std::filesystem::remove(path_of("b"));
  EXPECT_EQ(names_of(read(query)), (Names{"c", "d"}));
  query.after = ListingEntry{"aa", true, 0, 0, 0};
  EXPECT_EQ(names_of(read(query)), (Names{"sub/", "a", "c"}));
  query.after = ListingEntry{"zz", false, 0, 0, 0};
  EXPECT_TRUE(read(query).entries.empty());
}

TEST_F(DirectoryReaderTest, HiddenFiles) {
  for (const char* const name : {"seen", ".hidden", "..twice", "..."}) file(name);
  folder(".folder");
  EXPECT_EQ(names_of(read()), (Names{"seen"}));
  policy_.hidden_files = true;
  EXPECT_EQ(names_of(read()), (Names{".folder/", "...", "..twice", ".hidden", "seen"}));
}

TEST_F(DirectoryReaderTest, SymbolicLinks) {
  directory_.write("outside/secret", "secret");
  directory_.write("root/sibling/inner", "inner");
  file("file", "content");
  link("file", "to-file");
  link("../sibling", "to-sibling");
  link("../sibling/inner", "to-inner");
  link("../../outside", "to-outside");
  link(directory_.path_of("outside/secret"), "to-secret");
  link("missing", "dangling");
  link("loop", "loop");
  link("/proc/self/root", "magic");
  link("/dev/null", "to-device");
  const struct {
    Symlinks policy;
    Names names;
  } cases[] = {{Symlinks::kNone, {"file"}},
               {Symlinks::kBeneath, {"to-sibling/", "file", "to-file", "to-inner"}},
               {Symlinks::kFollow,
                {"to-outside/", "to-sibling/", "file", "to-file", "to-inner", "to-secret"}}};
  for (const auto& [policy, expected] : cases) {
    SCOPED_TRACE(static_cast<int>(policy));
    policy_.symlinks = policy;
    for (const ListingSort sort : {ListingSort::kName, ListingSort::kSize}) {
      ListingQuery query;
      query.order.sort = sort;
      Names names = names_of(read(query));
      std::ranges::sort(names);
      Names sorted = expected;
      std::ranges::sort(sorted);
      EXPECT_EQ(names, sorted);
    }
    EXPECT_EQ(names_of(read()), expected);
  }
  for (const ListingEntry& entry : read().entries) {
    if (entry.name == "to-secret") {
      EXPECT_EQ(entry.size_bytes, 6U);
    }
    if (entry.name == "to-inner") {
      EXPECT_EQ(entry.size_bytes, 5U);
    }
  }
}

// A link that is not listed takes no place on a page, and does not count as more.
TEST_F(DirectoryReaderTest, LinksThatLeadNowhereLeaveNoGap) {
  for (const char* const name : {"b", "d"}) file(name);
  for (const char* const name : {"a", "c", "e", "f"}) link("missing", name);
  folder("folder");
  link("folder", "zz");
  ListingQuery query;
  query.page_size = 4;
  const ListingPage page = read(query);
  EXPECT_EQ(names_of(page), (Names{"folder/", "zz/", "b", "d"}));
  EXPECT_FALSE(page.next);
  query.page_size = 1;
  EXPECT_EQ(names_of(read(query)), (Names{"folder/"}));
  query.after = read(query).next;
  EXPECT_EQ(names_of(read(query)), (Names{"zz/"}));
}

TEST_F(DirectoryReaderTest, OnlyFilesAndDirectoriesAreListed) {
  file("file");
  ASSERT_EQ(mkfifo(path_of("fifo").c_str(), 0644), 0);
  link("fifo", "to-fifo");
  const UniqueFd bound(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = path_of("socket");
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(&address.sun_path[0], path.size());
  ASSERT_EQ(bind(bound.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  for (const ListingOrder& order : kOrders) {
    ListingQuery query;
    query.order = order;
    EXPECT_EQ(names_of(read(query)), (Names{"file"}));
  }
}

TEST_F(DirectoryReaderTest, EveryByteOfANameSurvives) {
  std::set<std::string> expected;
  for (int c = 1; c < 256; ++c) {
    if (c == '/') continue;
    const std::string name{'n', static_cast<char>(c)};
    if (c % 3 == 0) {
      folder(name);
    } else {
      file(name);
    }
    expected.insert(name);
  }
  for (const ListingOrder& order : kOrders) {
    ListingQuery query;
    query.order = order;
    query.page_size = 10;
    std::set<std::string> names;
    for (int pages = 0; pages < 30; ++pages) {
      const ListingPage page = read(query);
      for (const ListingEntry& entry : page.entries) names.insert(entry.name);
      if (!page.next) break;
      const auto next = parse_listing_query(listing_reference(order, &*page.next));
      ASSERT_TRUE(next);
      query.after = next->after;
    }
    EXPECT_EQ(names, expected);
  }
}

TEST_F(DirectoryReaderTest, WhatVanishesMeanwhileIsLeftOut) {
  for (int i = 0; i < 50; ++i) empty_file("stays-" + std::to_string(i));
  std::jthread other([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      for (int i = 0; i < 50; ++i) empty_file("goes-" + std::to_string(i));
      for (int i = 0; i < 50; ++i) unlink(path_of("goes-" + std::to_string(i)).c_str());
    }
  });
  for (int round = 0; round < 200; ++round) {
    ListingQuery query;
    query.order = kOrders[round % std::size(kOrders)];
    const ListingPage page = read(query);
    size_t stayed = 0;
    for (const ListingEntry& entry : page.entries) {
      EXPECT_FALSE(entry.is_directory);
      stayed += entry.name.starts_with("stays-") ? 1 : 0;
    }
    ASSERT_EQ(stayed, 50U);
  }
}

TEST_F(DirectoryReaderTest, Errors) {
  file("file");
  std::stop_source source;
  source.request_stop();
  const Result<ListingPage> stopped = try_read({}, source.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kExhausted);

  ListingSource bad;
  EXPECT_EQ(read_directory(bad, {}, {}).error().system_errno, EBADF);
  const UniqueFd fd(open(path_of("file").c_str(), O_RDONLY | O_CLOEXEC));
  bad.fd = fd.get();
  EXPECT_EQ(read_directory(bad, {}, {}).error().code, ErrorCode::kNotFound);
}

TEST_F(DirectoryReaderTest, KeepsNothingOpen) {
  file("file");
  link("file", "link");
  read();
  const auto before = open_descriptors();
  for (int round = 0; round < 20; ++round) read();
  EXPECT_EQ(open_descriptors(), before);
}

// In KiB, as proc(5) tells it.
size_t memory(const std::string& field) {
  std::ifstream status("/proc/self/status");
  std::string name;
  size_t value = 0;
  while (status >> name) {
    if (name == field + ":" && status >> value) return value;
  }
  return 0;
}

TEST_F(DirectoryReaderTest, MemoryDoesNotGrowWithTheDirectory) {
  constexpr size_t kCount = 40'000;
  const UniqueFd fd(open(directory_.path_of(kPath).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  empty_file("linked");
  // Links to one file: quick to make, and fewer than ext4 allows.
  for (size_t i = 0; i < kCount; ++i) {
    // From the last to the first, so that each one is wanted when it comes.
    const std::string name = std::to_string(19'999'999 - i) + std::string(100, 'x');
    ASSERT_EQ(linkat(fd.get(), "linked", fd.get(), name.c_str(), 0), 0);
  }
  ListingQuery query;
  query.page_size = 100;
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins anew
  const size_t before = memory("VmRSS");
  const ListingPage page = read(query);
  const size_t peak = memory("VmHWM");
  EXPECT_EQ(page.entries.size(), 100U);
  EXPECT_TRUE(page.next);
  EXPECT_EQ(page.entries[0].name.substr(0, 8), std::to_string(19'999'999 - kCount + 1));
  ASSERT_GT(before, 0U);
  EXPECT_LT(peak, before + 4096) << "KiB; the names alone are " << kCount * 108 / 1024;
}

}  // namespace
}  // namespace sluice
