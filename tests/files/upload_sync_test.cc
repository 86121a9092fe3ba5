// What an upload waits for, and what is said of a disk that fails.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "files/upload_directory.h"
#include "support/temporary_directory.h"

namespace {

namespace fs = std::filesystem;

// What fsync(2) was asked for since syncs_seen.clear(): the names of directories; of files whether
// they had a name.
std::vector<std::string> syncs_seen;
bool directories_fail = false;

}  // namespace

// Stands before the C library's.
extern "C" int fsync(int fd) {
  struct stat state;
  const bool directory = fstat(fd, &state) == 0 && S_ISDIR(state.st_mode);
  const std::string place = fs::read_symlink("/proc/self/fd/" + std::to_string(fd));
  syncs_seen.push_back(directory ? place : state.st_nlink > 0 ? "named" : "unnamed");
  if (directory && directories_fail) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(syscall(SYS_fsync, fd));
}

namespace sluice {
namespace {

using testing_support::TemporaryDirectory;

class UploadSyncTest : public testing::Test {
 protected:
  UploadSyncTest() { syncs_seen.clear(); }
  ~UploadSyncTest() override { directories_fail = false; }

  UploadResult<UploadDirectory::Published> put(std::string_view path) {
    UploadResult<UploadFile> file = uploads_.begin(path);
    if (!file) return std::unexpected(file.error());
    EXPECT_EQ(write(file->fd(), "x", 1), 1);
    return uploads_.publish(*file, {});
  }

  std::string at(std::string_view name) const {
    return fs::canonical(directory_.path()).string() + std::string(name);
  }

  const TemporaryDirectory directory_;
  const DocumentRoot root_{directory_.path()};
  Uploads options_{.make_parents = true};
  UploadDirectory uploads_{root_, options_};
};

TEST_F(UploadSyncTest, NothingIsWaitedForUnlessItIsAskedFor) {
  EXPECT_TRUE(put("a/file"));
  EXPECT_TRUE(uploads_.remove("a/file", {}));
  EXPECT_EQ(syncs_seen, std::vector<std::string>());
}

TEST_F(UploadSyncTest, ContentIsOnTheDiskBeforeItHasItsName) {
  options_.sync = UploadSync::kFile;
  EXPECT_TRUE(put("a/file"));
  EXPECT_TRUE(uploads_.remove("a/file", {}));
  EXPECT_EQ(syncs_seen, std::vector<std::string>({"unnamed"}));
}

TEST_F(UploadSyncTest, NamesAreOnTheDiskAndThoseOfMadeParents) {
  options_.sync = UploadSync::kDirectory;
  EXPECT_TRUE(put("a/b/file"));
  EXPECT_EQ(syncs_seen, std::vector<std::string>({"unnamed", at(""), at("/a"), at("/a/b")}));
  syncs_seen.clear();
  EXPECT_TRUE(uploads_.remove("a/b/file", {}));
  EXPECT_EQ(syncs_seen, std::vector<std::string>({at("/a/b")}));
}

TEST_F(UploadSyncTest, ADirectoryThatCannotBeSyncedIsTold) {
  options_.sync = UploadSync::kDirectory;
  EXPECT_TRUE(put("file"));
  directories_fail = true;
  const UploadResult<void> removed = uploads_.remove("file", {});
  ASSERT_FALSE(removed);
  const auto put_here = put("new");
  ASSERT_FALSE(put_here);
  const auto put_below = put("made/new");
  ASSERT_FALSE(put_below);
  for (const UploadError& error : {removed.error(), put_here.error(), put_below.error()}) {
    EXPECT_EQ(error.problem, UploadProblem::kSystem);
    EXPECT_EQ(error.error.system_errno, EIO);
    EXPECT_STREQ(error.error.operation, "fsync");
  }
}

}  // namespace
}  // namespace sluice
