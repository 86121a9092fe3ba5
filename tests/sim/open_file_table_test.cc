// Files that stay open between requests, and everything that may happen to them meanwhile.
#include "files/open_file_table.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "http/date.h"
#include "sim/ring_fixture.h"
#include "support/descriptors.h"
#include "support/temporary_directory.h"

namespace sluice::sim {
namespace {

constexpr uint64_t kTtlMs = 1'000;
constexpr uint32_t kFileCount = 3;

Detached open_file(OpenFileTable& table, FileRequest request,
                   std::optional<Result<FileReference>>& opened) {
  Task<Result<FileReference>> opening = table.open(request);
  opened = co_await opening;
}

class OpenFileTableTest : public RingTest {
 protected:
  OpenFileTableTest() {
    directory_.write("file", "content");
    make_table(kFileCount, kTtlMs);
  }

  void make_table(uint32_t file_count, uint64_t ttl_ms) {
    table_.reset();
    table_ = std::make_unique<OpenFileTable>(reactor_, file_count, ttl_ms);
  }

  Result<FileReference> open(std::string_view path) {
    std::optional<Result<FileReference>> opened;
    open_file(*table_, {root_, path}, opened);
    EXPECT_TRUE(run_until([&opened] { return opened.has_value(); }, 10'000));
    if (!opened) return std::unexpected(Error{ErrorCode::kSystem});
    return std::move(*opened);
  }

  // Opens a file that is there, and lets go of it.
  void visit(std::string_view path) { EXPECT_TRUE(open(path)) << path; }

  FileReference find(std::string_view path) {
    return table_->find({root_.id(), path, http::Coding::kIdentity});
  }

  bool kept(std::string_view path) { return static_cast<bool>(find(path)); }

  static std::string content_of(const FileReference& file) {
    char buffer[100];
    const ssize_t length = pread(file->fd(), buffer, sizeof buffer, 0);
    return {buffer, length < 0 ? 0 : static_cast<size_t>(length)};
  }

  testing_support::TemporaryDirectory directory_;
  DocumentRoot root_{directory_.path()};
  std::unique_ptr<OpenFileTable> table_;
};

TEST_F(OpenFileTableTest, KnowsNothingAtFirst) { EXPECT_FALSE(kept("file")); }

TEST_F(OpenFileTableTest, WhatWasOpenedIsFoundWithoutLookingItUp) {
  const Result<FileReference> opened = open("file");
  ASSERT_TRUE(opened);
  const size_t submitted = ring_.submitted().size();
  const FileReference found = find("file");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->fd(), (*opened)->fd());
  EXPECT_EQ(found->path(), "file");
  EXPECT_EQ(found->state().size_bytes, 7U);
  EXPECT_EQ(content_of(found), "content");
  run_for(1);
  EXPECT_EQ(ring_.submitted().size(), submitted);
}

TEST_F(OpenFileTableTest, StaysOpenWhenNobodyUsesIt) {
  visit("file");
  EXPECT_TRUE(kept("file"));
  EXPECT_TRUE(kept("file"));
}

TEST_F(OpenFileTableTest, AFileThatWasWrittenToIsNotFound) {
  visit("file");
  directory_.write("file", "longer content");
  EXPECT_FALSE(kept("file"));
  const Result<FileReference> anew = open("file");
  ASSERT_TRUE(anew);
  EXPECT_EQ((*anew)->state().size_bytes, 14U);
}

TEST_F(OpenFileTableTest, AFileThatWasReplacedByRenameIsNotFound) {
  visit("file");
  directory_.write("other", "another");  // of the same length
  std::filesystem::rename(directory_.path_of("other"), directory_.path_of("file"));
  EXPECT_FALSE(kept("file"));
  const Result<FileReference> anew = open("file");
  ASSERT_TRUE(anew);
  EXPECT_EQ(content_of(*anew), "another");
}

TEST_F(OpenFileTableTest, AFileThatWasRemovedIsNotFoundAndItsSpaceIsGivenBack) {
  visit("file");
  const size_t before = testing_support::open_descriptors().size();
  std::filesystem::remove(directory_.path_of("file"));
  EXPECT_FALSE(kept("file"));
  run_for(1);  // a file without a name is closed on a worker
  EXPECT_EQ(testing_support::open_descriptors().size(), before - 1);
  const Result<FileReference> anew = open("file");
  ASSERT_FALSE(anew);
  EXPECT_EQ(anew.error().code, ErrorCode::kNotFound);
}

TEST_F(OpenFileTableTest, AFileThatLostItsPermissionsIsNotFound) {
  visit("file");
  ASSERT_EQ(chmod(directory_.path_of("file").c_str(), 0), 0);
  EXPECT_FALSE(kept("file"));
}

TEST_F(OpenFileTableTest, WhoUsesAFileKeepsItOpenWhateverHappensToItsPath) {
  const Result<FileReference> opened = open("file");
  ASSERT_TRUE(opened);
  std::filesystem::remove(directory_.path_of("file"));
  directory_.write("file", "a new one");
  EXPECT_FALSE(kept("file"));
  visit("file");
  EXPECT_EQ(content_of(*opened), "content");
  EXPECT_EQ((*opened)->path(), "file");
}

TEST_F(OpenFileTableTest, APathThroughASymbolicLinkIsLookedUpEveryTime) {
  std::filesystem::create_symlink("file", directory_.path_of("link"));
  const Result<FileReference> opened = open("link");
  ASSERT_TRUE(opened);
  EXPECT_EQ(content_of(*opened), "content");
  EXPECT_FALSE(kept("link"));
  EXPECT_FALSE(kept("file"));

  directory_.write("elsewhere", "another file");
  std::filesystem::remove(directory_.path_of("link"));
  std::filesystem::create_symlink("elsewhere", directory_.path_of("link"));
  const Result<FileReference> anew = open("link");
  ASSERT_TRUE(anew);
  EXPECT_EQ(content_of(*anew), "another file");
}

TEST_F(OpenFileTableTest, ADirectoryIsOpenedAndNotKept) {
  std::filesystem::create_directory(directory_.path_of("folder"));
  const Result<FileReference> opened = open("folder");
  ASSERT_TRUE(opened);
  EXPECT_TRUE((*opened)->state().directory());
  EXPECT_FALSE(kept("folder"));
}

TEST_F(OpenFileTableTest, NeitherFileNorDirectoryIsNotThere) {
  ASSERT_EQ(mkfifo(directory_.path_of("fifo").c_str(), 0600), 0);
  const size_t before = testing_support::open_descriptors().size();
  const Result<FileReference> opened = open("fifo");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(testing_support::open_descriptors().size(), before);
}

TEST_F(OpenFileTableTest, IsLookedUpAgainWhenItsTimeIsOver) {
  visit("file");
  run_for(kTtlMs - 1);
  EXPECT_TRUE(kept("file"));
  run_for(1);
  EXPECT_FALSE(kept("file"));
}

TEST_F(OpenFileTableTest, BeingFoundDoesNotMakeItsTimeLonger) {
  visit("file");
  for (uint64_t ms = 0; ms + 10 < kTtlMs; ms += 10) {
    run_for(10);
    EXPECT_TRUE(kept("file"));
  }
  run_for(10);
  EXPECT_FALSE(kept("file"));
}

TEST_F(OpenFileTableTest, IsClosedSoonAfterItsTimeAlsoIfNobodyAsks) {
  const size_t before = testing_support::open_descriptors().size();
  visit("file");
  run_for(kTtlMs / 2);
  directory_.write("later", "");
  visit("later");
  EXPECT_EQ(testing_support::open_descriptors().size(), before + 2);
  run_for(kTtlMs / 2 + TimerWheel::kTickMs);
  EXPECT_EQ(testing_support::open_descriptors().size(), before + 1);
  run_for(kTtlMs + TimerWheel::kTickMs);
  EXPECT_EQ(testing_support::open_descriptors().size(), before);
  // And then no timer is left.
  run_for(2 * TimerWheel::kTickMs * TimerWheel::kSlotCount);
  EXPECT_EQ(reactor_.timers().wait_ms(ring_.now_ms()), UINT64_MAX);
}

TEST_F(OpenFileTableTest, TheOldestMakesRoomForTheNewest) {
  for (const char* name : {"a", "b", "c", "d"}) directory_.write(name, name);
  for (const char* name : {"a", "b", "c"}) visit(name);
  EXPECT_TRUE(kept("a") && kept("b") && kept("c"));
  visit("d");
  EXPECT_FALSE(kept("a"));
  EXPECT_TRUE(kept("b") && kept("c") && kept("d"));
  visit("a");
  EXPECT_FALSE(kept("b"));
  EXPECT_TRUE(kept("c") && kept("d") && kept("a"));
}

TEST_F(OpenFileTableTest, OneThatMadeRoomStaysOpenForWhoUsesIt) {
  make_table(1, kTtlMs);
  directory_.write("other", "");
  const Result<FileReference> opened = open("file");
  ASSERT_TRUE(opened);
  visit("other");
  EXPECT_FALSE(kept("file"));
  EXPECT_EQ(content_of(*opened), "content");
}

TEST_F(OpenFileTableTest, KeepsNothingIfItMayNot) {
  make_table(0, kTtlMs);
  visit("file");
  EXPECT_FALSE(kept("file"));
  make_table(kFileCount, 0);
  visit("file");
  EXPECT_FALSE(kept("file"));
}

TEST_F(OpenFileTableTest, TwoWhoOpenOnePathAtOnceBothGetIt) {
  std::optional<Result<FileReference>> one;
  std::optional<Result<FileReference>> other;
  open_file(*table_, {root_, "file"}, one);
  open_file(*table_, {root_, "file"}, other);
  ASSERT_TRUE(run_until([&] { return one && other; }));
  ASSERT_TRUE(*one && *other);
  EXPECT_EQ(content_of(**one), "content");
  EXPECT_EQ(content_of(**other), "content");
  one.reset();
  EXPECT_TRUE(kept("file"));
}

TEST_F(OpenFileTableTest, AnInterruptedOpenIsRepeated) {
  ring_.faults().open_interrupted = 1;  // six times
  visit("file");
  EXPECT_GT(ring_.kernel().counts().open_interrupted, 1U);
}

TEST_F(OpenFileTableTest, OutOfDescriptorsWhatIsKeptMakesRoom) {
  directory_.write("other", "");
  visit("file");
  ring_.faults().open_refused = 1;
  std::optional<Result<FileReference>> opened;
  open_file(*table_, {root_, "other"}, opened);
  ASSERT_TRUE(run_until([this] { return ring_.kernel().counts().open_refused == 1; }));
  ring_.faults().open_refused = 0;
  ASSERT_TRUE(run_until([&opened] { return opened.has_value(); }));
  EXPECT_TRUE(*opened);
  EXPECT_FALSE(kept("file"));
}

TEST_F(OpenFileTableTest, OutOfDescriptorsForLongIsAnError) {
  ring_.faults().open_refused = 1;
  const uint64_t began_ms = ring_.now_ms();
  const Result<FileReference> opened = open("file");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kExhausted);
  EXPECT_LT(ring_.now_ms() - began_ms, 5'000U);
}

TEST_F(OpenFileTableTest, OutOfDescriptorsAnOptionalFileCostsNothing) {
  directory_.write("other", "");
  visit("file");
  ring_.faults().open_refused = 1;
  const uint64_t began_ms = ring_.now_ms();
  std::optional<Result<FileReference>> opened;
  open_file(*table_, {.root = root_, .path = "other", .optional = true}, opened);
  ASSERT_TRUE(run_until([&opened] { return opened.has_value(); }));
  ASSERT_FALSE(*opened);
  EXPECT_EQ(opened->error().code, ErrorCode::kExhausted);
  EXPECT_LT(ring_.now_ms() - began_ms, 100U);
  EXPECT_EQ(ring_.kernel().counts().open_refused, 1U);
  EXPECT_TRUE(kept("file"));
}

TEST_F(OpenFileTableTest, ATimeThatIsStillToComeIsCutToNow) {
  const timespec times[2] = {{4'000'000'000, 0}, {4'000'000'000, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, directory_.path_of("file").c_str(), times, 0), 0);
  const time_t before = time(nullptr);
  const Result<FileReference> opened = open("file");
  ASSERT_TRUE(opened);
  const auto modified = (*opened)->last_modified();
  ASSERT_TRUE(modified);
  EXPECT_GE(*modified, before);
  EXPECT_LE(*modified, time(nullptr));
  char date[http::kDateLength];
  http::write_date(*modified, date);
  const std::string field = "Last-Modified: " + std::string(date, sizeof date) + "\r\n";
  EXPECT_NE((*opened)->prepared_fields().find(field), std::string_view::npos);
}

TEST_F(OpenFileTableTest, OutOfDescriptorsForAMomentIsWaitedFor) {
  ring_.faults().open_refused = 1;
  std::optional<Result<FileReference>> opened;
  open_file(*table_, {root_, "file"}, opened);
  run_for(500);
  EXPECT_FALSE(opened);
  ring_.faults().open_refused = 0;
  ASSERT_TRUE(run_until([&opened] { return opened.has_value(); }));
  EXPECT_TRUE(*opened);
}

}  // namespace
}  // namespace sluice::sim
