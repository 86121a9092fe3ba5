// One file into another, on every kind of file system that is here.
#include "transfer/file_to_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include <sluice/run.h>

#include "support/descriptors.h"
#include "support/random.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing_support::open_descriptors;
using testing_support::TemporaryDirectory;

std::string random_bytes(size_t count) {
  testing_support::Random random(count);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.next());
  return bytes;
}

UniqueFd open_file(const std::string& path, int flags = O_RDWR | O_CREAT) {
  UniqueFd fd(open(path.c_str(), flags | O_CLOEXEC, 0600));
  EXPECT_TRUE(fd) << path << ": " << errno;
  return fd;
}

UniqueFd memfd_with(std::string_view content) {
  UniqueFd fd(memfd_create("test", MFD_CLOEXEC));
  EXPECT_EQ(write(fd.get(), content.data(), content.size()), static_cast<ssize_t>(content.size()));
  return fd;
}

UniqueFd file_with(const TemporaryDirectory& directory, std::string_view name,
                   std::string_view content) {
  directory.write(name, content);
  return open_file(directory.path_of(name));
}

std::string content_of(const UniqueFd& fd) {
  struct stat status;
  EXPECT_EQ(fstat(fd.get(), &status), 0);
  std::string bytes(static_cast<size_t>(status.st_size), '\0');
  EXPECT_EQ(pread(fd.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  return bytes;
}

struct Copy {
  int from;
  uint64_t from_offset = 0;
  int to;
  uint64_t to_offset = 0;
  uint64_t length = kToTheEnd;
  TransferOptions options = {};
  bool without_workers = false;
  bool without_pipes = false;
};

Task<TransferResult> copying(const Copy& copy) {
  TransferContext& context = *TransferContext::current();
  WorkerPool busy(1, 0);
  PipePool none(context.reactor, 0, 65'536, context.counters.pipes_in_use);
  TransferContext poor{
      .reactor = context.reactor,
      .pipes = copy.without_pipes ? none : context.pipes,
      .workers = {copy.without_workers ? busy : context.workers.pool, context.workers.mailbox},
      .limits = context.limits,
      .thresholds = context.thresholds,
      .counters = context.counters};
  Route route = route_between_files(copy.options.route);
  Task<TransferResult> task = copy_file(poor, copy.from, copy.from_offset, copy.to, copy.to_offset,
                                        copy.length, route, copy.options);
  co_return co_await task;
}

class FileToFileTest : public testing::Test {
 protected:
  TransferResult run_copy(const Copy& copy) {
    stats_ = {};
    const auto before = open_descriptors();
    TransferResult result = run(copying(copy), &stats_);
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_EQ(stats_.pipes_in_use, 0U);
    return result;
  }

  uint64_t bytes_by(Route route) const { return stats_.routes[static_cast<size_t>(route)].bytes; }
  uint64_t fallbacks(Fallback reason) const {
    return stats_.fallbacks[static_cast<size_t>(reason)];
  }

  TemporaryDirectory directory_;
  TransferStats stats_;
};

class EveryRoute : public FileToFileTest, public testing::WithParamInterface<Route> {};

TEST_P(EveryRoute, CopiesExactlyWhatItIsTold) {
  const std::string content = random_bytes(2'170'001);
  const UniqueFd disk = file_with(directory_, "disk", content);
  const UniqueFd memory = memfd_with(content);
  const struct {
    uint64_t from, to, length;
  } cases[] = {{0, 0, 0},
               {0, 0, 1},
               {0, 0, 4095},
               {4096, 8192, 4096},
               {1, 0, 4097},
               {17, 4099, 131'073},
               {4095, 3, 1'048'577},
               {0, 0, kToTheEnd},
               {70'003, 12'345, kToTheEnd},
               {content.size(), 5, kToTheEnd},
               {content.size() + 10, 5, kToTheEnd}};
  for (const UniqueFd* source : {&disk, &memory}) {
    for (const bool to_memory : {false, true}) {
      for (const auto& [from, to, length] : cases) {
        UniqueFd sink = to_memory ? memfd_with("old") : file_with(directory_, "sink", "old");
        std::string expected = "old";
        const std::string part = from > content.size() ? "" : content.substr(from, length);
        if (!part.empty()) {
          expected.resize(std::max<size_t>(expected.size(), to + part.size()));
          expected.replace(to, part.size(), part);
        }
        TransferOptions options;
        options.route = GetParam();
        const TransferResult moved = run_copy({.from = source->get(),
                                               .from_offset = from,
                                               .to = sink.get(),
                                               .to_offset = to,
                                               .length = length,
                                               .options = options});
        ASSERT_TRUE(moved) << to_string(moved.error());
        EXPECT_EQ(*moved, part.size());
        EXPECT_TRUE(content_of(sink) == expected) << from << " " << to << " " << length;
        EXPECT_EQ(lseek(sink.get(), 0, SEEK_CUR), to_memory ? 3 : 0) << "its position was used";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryRoute,
                         testing::Values(Route::kAuto, Route::kCopyFileRange, Route::kSplice,
                                         Route::kRingSplice, Route::kCopy),
                         [](const auto& route) {
                           std::string name(name_of(route.param));
                           std::erase(name, '-');
                           return name;
                         });

TEST_F(FileToFileTest, CountsBytesByTheRouteThatTheyTook) {
  const UniqueFd source = file_with(directory_, "source", random_bytes(100'000));
  const UniqueFd sink = file_with(directory_, "sink", "");
  ASSERT_EQ(run_copy({.from = source.get(), .to = sink.get(), .length = 100'000}), 100'000U);
  EXPECT_EQ(bytes_by(Route::kCopyFileRange), 100'000U);
  EXPECT_EQ(stats_.copied_body_bytes, 0U);
  TransferOptions options;
  for (const Route route : {Route::kCopy, Route::kSplice, Route::kRingSplice}) {
    options.route = route;
    ASSERT_EQ(run_copy({.from = source.get(), .to = sink.get(), .options = options}), 100'000U);
    EXPECT_EQ(bytes_by(route), 100'000U) << name_of(route);
    EXPECT_EQ(stats_.copied_body_bytes, route == Route::kCopy ? 100'000U : 0U);
  }
}

TEST_F(FileToFileTest, CopiesThroughALittleMemory) {
  const UniqueFd source = file_with(directory_, "source", random_bytes(100'000));
  const UniqueFd sink = file_with(directory_, "sink", "");
  std::vector<uint64_t> told;
  auto progress = [&](uint64_t bytes) { told.push_back(bytes); };
  TransferOptions options;
  options.route = Route::kCopy;
  options.progress = progress;
  ASSERT_EQ(run_copy({.from = source.get(), .to = sink.get(), .options = options}), 100'000U);
  EXPECT_EQ(told, (std::vector<uint64_t>{32'768, 65'536, 98'304, 100'000}));
}

// copy_file_range(2) does not cross from one kind of file system to another.
TEST_F(FileToFileTest, SplicesWhereTheTwoFileSystemsAreStrangers) {
  const std::string content = random_bytes(3'000'000);
  const UniqueFd source = file_with(directory_, "source", content);
  const UniqueFd sink = memfd_with("");
  struct stat one;
  struct stat other;
  ASSERT_TRUE(fstat(source.get(), &one) == 0 && fstat(sink.get(), &other) == 0);
  loff_t from = 0;
  loff_t to = 0;
  if (copy_file_range(source.get(), &from, sink.get(), &to, 1, 0) >= 0) {
    GTEST_SKIP() << "the two are not strangers here";
  }
  ASSERT_EQ(run_copy({.from = source.get(), .to = sink.get()}), content.size());
  EXPECT_TRUE(content_of(sink) == content);
  EXPECT_EQ(fallbacks(Fallback::kNotSpliceable), 1U);
  EXPECT_EQ(bytes_by(Route::kRingSplice), content.size());
  EXPECT_EQ(stats_.copied_body_bytes, 0U);
}

TEST_F(FileToFileTest, WithoutAWorkerItSplicesAndWithoutAPipeItCopies) {
  const std::string content = random_bytes(3'000'000);
  const UniqueFd source = file_with(directory_, "source", content);
  for (const bool without_pipes : {false, true}) {
    const UniqueFd sink = file_with(directory_, "sink", "");
    ASSERT_EQ(run_copy({.from = source.get(),
                        .to = sink.get(),
                        .without_workers = true,
                        .without_pipes = without_pipes}),
              content.size());
    EXPECT_TRUE(content_of(sink) == content);
    EXPECT_EQ(bytes_by(without_pipes ? Route::kCopy : Route::kRingSplice), content.size());
    EXPECT_EQ(fallbacks(Fallback::kNoWorker), 1U);
    EXPECT_EQ(fallbacks(Fallback::kNoPipe), without_pipes ? 1U : 0U);
  }
}

TEST_F(FileToFileTest, AFileThatSaysItIsEmptyIsRead) {
  const UniqueFd source = open_file("/proc/self/mountinfo", O_RDONLY);
  const UniqueFd sink = file_with(directory_, "sink", "");
  const TransferResult moved = run_copy({.from = source.get(), .to = sink.get()});
  ASSERT_TRUE(moved) << to_string(moved.error());
  EXPECT_GT(*moved, 0U);
  EXPECT_EQ(content_of(sink).size(), *moved);
  EXPECT_NE(content_of(sink).find("/proc"), std::string::npos);
}

TEST_F(FileToFileTest, HolesAreZeros) {
  const UniqueFd source = file_with(directory_, "source", "");
  constexpr uint64_t kSize = 20'000'000;
  ASSERT_EQ(ftruncate(source.get(), kSize), 0);
  ASSERT_EQ(pwrite(source.get(), "island", 6, 9'999'999), 6);
  const UniqueFd sink = file_with(directory_, "sink", std::string(100'000, 'x'));
  ASSERT_EQ(run_copy({.from = source.get(), .to = sink.get()}), kSize);
  EXPECT_TRUE(content_of(sink) == content_of(source));
}

TEST_F(FileToFileTest, ASourceThatEndsEarlyHasChanged) {
  const UniqueFd source = file_with(directory_, "source", std::string(10'000, 's'));
  for (const Route route : {Route::kAuto, Route::kRingSplice, Route::kCopy}) {
    const UniqueFd sink = file_with(directory_, "sink", "");
    TransferOptions options;
    options.route = route;
    const TransferResult moved = run_copy({.from = source.get(),
                                           .from_offset = 1'000,
                                           .to = sink.get(),
                                           .length = 9'001,
                                           .options = options});
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().error.code, ErrorCode::kChanged);
    EXPECT_EQ(moved.error().end, TransferEnd::kSource);
    EXPECT_EQ(moved.error().moved, 9'000U);
  }
}

TEST_F(FileToFileTest, WithinAFileItCopiesWhatDoesNotOverlap) {
  const std::string content = random_bytes(100'000);
  const UniqueFd file = file_with(directory_, "file", content);
  ASSERT_EQ(run_copy({.from = file.get(), .to = file.get(), .to_offset = 100'000}), 100'000U);
  EXPECT_TRUE(content_of(file) == content + content);
  ASSERT_EQ(run_copy({.from = file.get(), .to = file.get(), .to_offset = 5'000, .length = 5'000}),
            5'000U);
  EXPECT_TRUE(content_of(file).substr(5'000, 5'000) == content.substr(0, 5'000));
  const UniqueFd again = open_file(directory_.path_of("file"));
  for (const int to : {file.get(), again.get()}) {
    const TransferResult moved =
        run_copy({.from = file.get(), .to = to, .to_offset = 4'999, .length = 5'000});
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().error.code, ErrorCode::kUnsupported);
    EXPECT_EQ(moved.error().end, TransferEnd::kNeither);
  }
}

TEST_F(FileToFileTest, RefusesASinkThatCannotBeWrittenTo) {
  const UniqueFd source = file_with(directory_, "source", "bytes");
  const UniqueFd sink = file_with(directory_, "sink", "");
  for (const int flags : {O_RDONLY, O_WRONLY | O_APPEND}) {
    const UniqueFd unsuitable = open_file(directory_.path_of("sink"), flags);
    const TransferResult moved = run_copy({.from = source.get(), .to = unsuitable.get()});
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().end, TransferEnd::kSink);
    EXPECT_EQ(content_of(sink), "");
  }
  const TransferResult closed = run_copy({.from = 1'000'000, .to = sink.get()});
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().end, TransferEnd::kSource);
  const TransferResult too_far =
      run_copy({.from = source.get(), .from_offset = UINT64_MAX, .to = sink.get()});
  ASSERT_FALSE(too_far);
  EXPECT_EQ(too_far.error().error.code, ErrorCode::kUnsupported);
}

TEST_F(FileToFileTest, EndsBetweenTwoPiecesWhenItIsTold) {
  const UniqueFd source = file_with(directory_, "source", "");
  ASSERT_EQ(ftruncate(source.get(), 3 * kCopyPieceBytes), 0);
  const UniqueFd sink = file_with(directory_, "sink", "");
  Cancellation cancellation;
  std::vector<uint64_t> told;
  auto progress = [&](uint64_t bytes) {
    told.push_back(bytes);
    cancellation.cancel();
  };
  TransferOptions options;
  options.cancellation = &cancellation;
  options.progress = progress;
  const TransferResult cancelled =
      run_copy({.from = source.get(), .to = sink.get(), .options = options});
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().error.code, ErrorCode::kCancelled);
  EXPECT_EQ(cancelled.error().end, TransferEnd::kNeither);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(cancelled.error().moved, told[0]);

  options = {};
  options.deadline_ms = 0;
  const TransferResult late =
      run_copy({.from = source.get(), .to = sink.get(), .options = options});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().error.code, ErrorCode::kTimedOut);
}

// A file system of its own, with little room.
class FullDisk : public FileToFileTest {
 protected:
  void SetUp() override {
    path_ = directory_.path_of("small");
    std::filesystem::create_directory(path_);
    mounted_ = mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=1M") == 0;
    if (!mounted_) GTEST_SKIP() << "may not mount: " << errno;
  }
  void TearDown() override {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }

  std::string path_;
  bool mounted_ = false;
};

TEST_F(FullDisk, IsToldAsSuch) {
  const UniqueFd elsewhere = file_with(directory_, "source", random_bytes(2'000'000));
  const UniqueFd beside = open_file(path_ + "/source");
  ASSERT_EQ(ftruncate(beside.get(), 2'000'000), 0);
  for (const int source : {elsewhere.get(), beside.get()}) {
    for (const Route route : {Route::kAuto, Route::kRingSplice, Route::kCopy}) {
      const UniqueFd sink = open_file(path_ + "/sink", O_RDWR | O_CREAT | O_TRUNC);
      TransferOptions options;
      options.route = route;
      const TransferResult moved = run_copy({.from = source, .to = sink.get(), .options = options});
      ASSERT_FALSE(moved);
      EXPECT_EQ(moved.error().error.code, ErrorCode::kNoSpace) << to_string(moved.error());
      EXPECT_EQ(moved.error().end, TransferEnd::kSink);
      EXPECT_LE(moved.error().moved, 1'048'576U);
    }
  }
}

}  // namespace
}  // namespace sluice
