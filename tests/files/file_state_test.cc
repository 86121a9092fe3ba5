// What tells one state of a file from another.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include <sluice/unique_fd.h>

#include "files/open_file.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing_support::TemporaryDirectory;

class FileStateTest : public testing::Test {
 protected:
  UniqueFd open(const std::string& name, int flags = O_RDONLY) const {
    return UniqueFd(::open(directory_.path_of(name).c_str(), flags | O_CLOEXEC));
  }

  FileState state(const std::string& name, int flags = O_RDONLY) const {
    const UniqueFd fd = open(name, flags);
    const Result<FileState> state = state_of(fd.get());
    EXPECT_TRUE(state) << name;
    return state.value_or(FileState());
  }

  void set_modified(const std::string& name, time_t seconds, long nanoseconds) const {
    const timespec times[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
    ASSERT_EQ(utimensat(AT_FDCWD, directory_.path_of(name).c_str(), times, 0), 0);
  }

  TemporaryDirectory directory_;
};

TEST_F(FileStateTest, HasSizeAndTimeDownToTheNanosecond) {
  directory_.write("file", "12345");
  set_modified("file", 784111777, 123456789);
  const FileState found = state("file");
  EXPECT_EQ(found.size_bytes, 5u);
  EXPECT_EQ(found.modified_seconds, 784111777);
  EXPECT_EQ(found.modified_nanoseconds, 123456789u);
  EXPECT_TRUE(found.regular());
  EXPECT_FALSE(found.directory());
}

TEST_F(FileStateTest, TellsTheKindsApart) {
  const FileState directory = state(".", O_RDONLY | O_DIRECTORY);
  EXPECT_TRUE(directory.directory());
  EXPECT_FALSE(directory.regular());
  ASSERT_EQ(mkfifo(directory_.path_of("fifo").c_str(), 0600), 0);
  const FileState fifo = state("fifo", O_RDONLY | O_NONBLOCK);
  EXPECT_FALSE(fifo.regular());
  EXPECT_FALSE(fifo.directory());
}

TEST_F(FileStateTest, StaysEqualWhileNothingHappens) {
  directory_.write("file", "12345");
  EXPECT_EQ(state("file"), state("file"));
}

TEST_F(FileStateTest, DiffersAfterEveryChange) {
  directory_.write("file", "12345");
  set_modified("file", 1000, 1);
  const UniqueFd fd = open("file");
  const auto now = [&] { return *state_of(fd.get()); };
  FileState before = now();

  set_modified("file", 1000, 2);
  EXPECT_NE(now(), before) << "the modification time by a nanosecond";

  before = now();
  ASSERT_EQ(truncate(directory_.path_of("file").c_str(), 4), 0);
  EXPECT_NE(now(), before) << "the size";

  before = now();
  ASSERT_EQ(chmod(directory_.path_of("file").c_str(), 0600), 0);
  EXPECT_NE(now(), before) << "the permissions";

  before = now();
  ASSERT_EQ(unlink(directory_.path_of("file").c_str()), 0);
  EXPECT_NE(now(), before) << "the name";
}

TEST_F(FileStateTest, DiffersAfterAWriteOfTheSameSizeInTheNextTick) {
  directory_.write("file", "12345");
  for (int round = 0; round < 5; ++round) {
    const FileState before = state("file");
    wait_for_next_tick(before);
    directory_.write("file", "54321");
    EXPECT_NE(state("file"), before);
  }
}

TEST_F(FileStateTest, FilesBeyondFourGigabytes) {
  directory_.write("file", "");
  ASSERT_EQ(truncate(directory_.path_of("file").c_str(), 5'000'000'000), 0);
  EXPECT_EQ(state("file").size_bytes, 5'000'000'000u);
}

TEST(FileStateErrorTest, OfABadDescriptorIsAnError) {
  const Result<FileState> state = state_of(-1);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().system_errno, EBADF);
  EXPECT_STREQ(state.error().operation, "statx");
}

}  // namespace
}  // namespace sluice
