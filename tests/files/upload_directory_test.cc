// Files come into a directory whole, and where they belong.
#include "files/upload_directory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "files/upload_name.h"
#include "support/descriptors.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using testing_support::content_of;
using testing_support::open_descriptors;
using testing_support::TemporaryDirectory;
using Kind = UploadCondition::Kind;

// All that is below a directory, but for the staging directory while it is empty.
std::set<std::string> tree(const std::string& root) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    names.insert(fs::relative(entry.path(), root));
  }
  names.erase(kUploadDirectoryName);
  return names;
}

class UploadDirectoryTest : public testing::Test {
 protected:
  UploadResult<UploadDirectory::Published> put(std::string_view path, std::string_view content,
                                               const UploadCondition& condition = {}) {
    UploadResult<UploadFile> file = uploads_.begin(path);
    if (!file) return std::unexpected(file.error());
    EXPECT_EQ(write(file->fd(), content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
    return uploads_.publish(*file, condition);
  }

  UploadProblem problem_of(std::string_view path, const UploadCondition& condition = {}) {
    const auto published = put(path, "x", condition);
    EXPECT_FALSE(published) << path;
    return published ? UploadProblem::kSystem : published.error().problem;
  }

  UploadCondition same(std::string_view path) {
    const auto state = uploads_.look(path);
    EXPECT_TRUE(state && *state);
    return {.kind = Kind::kSame, .file = **state};
  }

  std::string at(std::string_view name) const { return directory_.path_of(name); }

  const TemporaryDirectory directory_;
  const DocumentRoot root_{directory_.path()};
  Uploads options_{.sync = UploadSync::kNone};
  UploadDirectory uploads_{root_, options_};
};

TEST_F(UploadDirectoryTest, AFileIsSeenWhenItIsWhole) {
  options_.sync = UploadSync::kDirectory;
  UploadResult<UploadFile> file = uploads_.begin("new");
  ASSERT_TRUE(file);
  ASSERT_EQ(write(file->fd(), "content", 7), 7);
  EXPECT_EQ(tree(directory_.path()), std::set<std::string>());
  const auto published = uploads_.publish(*file, {});
  ASSERT_TRUE(published);
  EXPECT_TRUE(published->created);
  EXPECT_EQ(published->state.size_bytes, 7U);
  EXPECT_EQ(content_of(at("new")), "content");
}

TEST_F(UploadDirectoryTest, WhatIsNotPublishedLeavesNothing) {
  const auto before = open_descriptors();
  {
    const auto file = uploads_.begin("new");
    ASSERT_TRUE(file);
    ASSERT_EQ(write(file->fd(), "x", 1), 1);
  }
  EXPECT_EQ(tree(directory_.path()), std::set<std::string>());
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(UploadDirectoryTest, ReplacingKeepsTheModeAndWhoReadsTheOldFile) {
  directory_.write("file", "old");
  ASSERT_EQ(chmod(at("file").c_str(), 04640), 0);
  std::ifstream reader(at("file"));
  const auto published = put("file", "new!");
  ASSERT_TRUE(published);
  EXPECT_FALSE(published->created);
  EXPECT_EQ(content_of(at("file")), "new!");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(reader), {}), "old");
  struct stat state;
  ASSERT_EQ(stat(at("file").c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 07777U, 0640U);
  EXPECT_EQ(tree(directory_.path()), std::set<std::string>({"file"}));
}

TEST_F(UploadDirectoryTest, NewFilesHaveTheModeThatTheUmaskLeaves) {
  const mode_t before = umask(027);
  EXPECT_TRUE(put("file", "x"));
  umask(before);
  struct stat state;
  ASSERT_EQ(stat(at("file").c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 07777U, 0640U);
}

TEST_F(UploadDirectoryTest, TheSameSizeAgainIsAnotherState) {
  const auto first = put("file", "one");
  const auto second = put("file", "two");
  ASSERT_TRUE(first && second);
  EXPECT_NE(std::pair(first->state.modified_seconds, first->state.modified_nanoseconds),
            std::pair(second->state.modified_seconds, second->state.modified_nanoseconds));
}

TEST_F(UploadDirectoryTest, NothingMustBeThere) {
  EXPECT_TRUE(put("file", "first", {.kind = Kind::kNothing}));
  EXPECT_EQ(problem_of("file", {.kind = Kind::kNothing}), UploadProblem::kConditionFailed);
  EXPECT_EQ(content_of(at("file")), "first");
}

TEST_F(UploadDirectoryTest, TheSameFileMustBeThere) {
  directory_.write("file", "first");
  const UploadCondition first = same("file");
  EXPECT_TRUE(put("file", "second", first));
  EXPECT_EQ(problem_of("file", first), UploadProblem::kConditionFailed);
  EXPECT_EQ(content_of(at("file")), "second");
  fs::remove(at("file"));
  EXPECT_EQ(problem_of("file", first), UploadProblem::kConditionFailed);
}

TEST_F(UploadDirectoryTest, OfUploadsWithTheSameConditionOneWins) {
  directory_.write("file", "first");
  const UploadCondition first = same("file");
  std::atomic<int> won = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { won += put("file", "mine", first).has_value() ? 1 : 0; });
  }
  threads.clear();
  EXPECT_EQ(won, 1);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back(
        [&] { won += put("new", "mine", {.kind = Kind::kNothing}).has_value() ? 1 : 0; });
  }
  threads.clear();
  EXPECT_EQ(won, 2);
}

TEST_F(UploadDirectoryTest, OnlyRegularFilesAreReplacedOrRemoved) {
  directory_.write("target", "safe");
  fs::create_directory(at("directory"));
  fs::create_symlink("target", at("link"));
  fs::create_symlink("missing", at("dangling"));
  ASSERT_EQ(mkfifo(at("fifo").c_str(), 0600), 0);
  for (const char* const name : {"directory", "link", "dangling", "fifo"}) {
    EXPECT_EQ(problem_of(name), UploadProblem::kNotAFile) << name;
    const auto removed = uploads_.remove(name, {});
    ASSERT_FALSE(removed) << name;
    EXPECT_EQ(removed.error().problem, UploadProblem::kNotAFile) << name;
  }
  EXPECT_EQ(content_of(at("target")), "safe");
  EXPECT_TRUE(fs::is_symlink(at("dangling")));
}

TEST_F(UploadDirectoryTest, ADirectoryThatAppearsMeanwhileStays) {
  auto file = uploads_.begin("name");
  ASSERT_TRUE(file);
  fs::create_directory(at("name"));
  const auto published = uploads_.publish(*file, {});
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().problem, UploadProblem::kNotAFile);
}

TEST_F(UploadDirectoryTest, PathsThatNoUploadMayHave) {
  for (const char* const path :
       {"", ".", "..", "../x", "a/../x", "/x", "x/", "a//b", ".sluice-uploads", ".sluice-uploads/x",
        ".Sluice-Uploads/x", "a/.sluice-upload-1"}) {
    EXPECT_EQ(problem_of(path), UploadProblem::kNotFound) << path;
  }
  EXPECT_EQ(problem_of(std::string_view("a\0b", 3)), UploadProblem::kNotFound);
  // By whatever name the staging directory is reached.
  directory_.write("file", "");
  ASSERT_TRUE(put("file", "x"));
  fs::create_symlink(kUploadDirectoryName, at("around"));
  EXPECT_EQ(problem_of("around/x"), UploadProblem::kNotFound);
}

TEST_F(UploadDirectoryTest, ParentsAreMadeWhereThatIsWanted) {
  directory_.write("file", "x");
  EXPECT_EQ(problem_of("a/b/c"), UploadProblem::kNoParent);
  EXPECT_EQ(problem_of("file/c"), UploadProblem::kNoParent);
  options_.make_parents = true;
  EXPECT_EQ(problem_of("file/c"), UploadProblem::kNoParent);
  EXPECT_EQ(problem_of("file/d/c"), UploadProblem::kNoParent);
  EXPECT_TRUE(put("a/b/c", "deep"));
  EXPECT_EQ(content_of(at("a/b/c")), "deep");
  std::string deep = "d";
  for (int i = 1; i < 32; ++i) deep += "/d";
  EXPECT_TRUE(put(deep + "/file", "x"));
  EXPECT_EQ(problem_of("e/" + deep + "/file"), UploadProblem::kNoParent);
  EXPECT_FALSE(fs::exists(at("e")));
}

TEST_F(UploadDirectoryTest, NamesThatAreTooLong) {
  const std::string long_name(256, 'n');
  for (const bool make_parents : {false, true}) {
    options_.make_parents = make_parents;
    EXPECT_EQ(problem_of(long_name), UploadProblem::kNameTooLong);
    EXPECT_EQ(uploads_.check(long_name).error().problem, UploadProblem::kNameTooLong);
    EXPECT_EQ(uploads_.remove(long_name, {}).error().problem, UploadProblem::kNotFound);
    EXPECT_TRUE(uploads_.look(long_name) && !*uploads_.look(long_name));
  }
  EXPECT_EQ(problem_of("a/b/" + long_name), UploadProblem::kNameTooLong);
  EXPECT_EQ(problem_of("a/" + long_name + "/b"), UploadProblem::kNameTooLong);
  EXPECT_EQ(uploads_.check("a/" + long_name + "/b").error().problem, UploadProblem::kNameTooLong);
  EXPECT_EQ(tree(directory_.path()), std::set<std::string>());
  EXPECT_TRUE(put(std::string(255, 'n'), "x"));
}

TEST_F(UploadDirectoryTest, AFailedUploadLeavesNoParents) {
  options_.make_parents = true;
  fs::create_directory(at("there"));
  {
    const auto file = uploads_.begin("there/a/b/file");
    ASSERT_TRUE(file);
  }
  EXPECT_EQ(tree(directory_.path()), std::set<std::string>({"there"}));
  const UploadCondition another{.kind = Kind::kSame};
  EXPECT_EQ(problem_of("there/a/b/file", another), UploadProblem::kConditionFailed);
  EXPECT_EQ(tree(directory_.path()), std::set<std::string>({"there"}));
  // What others have put there meanwhile stays, and the way to it.
  auto file = uploads_.begin("there/a/b/file");
  ASSERT_TRUE(file);
  ASSERT_TRUE(put("there/a/other", "x"));
  fs::create_directories(at("there/a/b/file"));
  EXPECT_FALSE(uploads_.publish(*file, {}));
  EXPECT_TRUE(fs::exists(at("there/a/b/file")));
  EXPECT_TRUE(fs::exists(at("there/a/other")));
}

TEST_F(UploadDirectoryTest, ParentsThatVanishMeanwhileAreMadeAgain) {
  options_.make_parents = true;
  fs::create_directory(at("a"));
  for (const char* const path : {"a/file", "a/b/c/file"}) {
    auto file = uploads_.begin(path);
    ASSERT_TRUE(file);
    ASSERT_EQ(write(file->fd(), path, 6), 6);
    fs::remove_all(at("a"));
    const auto published = uploads_.publish(*file, {});
    ASSERT_TRUE(published) << path;
    EXPECT_TRUE(published->created);
    EXPECT_EQ(content_of(at(path)), std::string_view(path).substr(0, 6));
  }
  auto file = uploads_.begin("a/file2");
  ASSERT_TRUE(file);
  fs::remove_all(at("a"));
  options_.make_parents = false;
  const auto published = uploads_.publish(*file, {});
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().problem, UploadProblem::kNoParent);
}

TEST_F(UploadDirectoryTest, NoParentIsMadeInThePlaceOfALink) {
  options_.make_parents = true;
  fs::create_symlink("missing", at("dangling"));
  EXPECT_EQ(problem_of("dangling/a/file"), UploadProblem::kNoParent);
  auto file = uploads_.begin("a/b/file");
  ASSERT_TRUE(file);
  fs::create_symlink("missing", at("a"));
  const auto published = uploads_.publish(*file, {});
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().problem, UploadProblem::kNoParent);
  EXPECT_EQ(tree(directory_.path()), std::set<std::string>({"a", "dangling"}));
  // Nor in the directory of uploads, by whatever name.
  directory_.write("file", "");
  ASSERT_TRUE(put("file", "x"));
  fs::create_symlink(kUploadDirectoryName, at("around"));
  EXPECT_EQ(problem_of("around/a/b/file"), UploadProblem::kNotFound);
}

// As of two processes: one fails, and removes directories that the other is about to use.
TEST_F(UploadDirectoryTest, ManyMakeTheSameParentsAtOnce) {
  constexpr int kThreads = 4;
  constexpr int kTimes = 200;
  const Uploads options{.make_parents = true, .sync = UploadSync::kNone};
  UploadDirectory one(root_, options);
  UploadDirectory other(root_, options);
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      UploadDirectory& uploads = thread % 2 == 0 ? one : other;
      const bool fails = thread >= 2;
      const UploadCondition condition{.kind = fails ? Kind::kSame : Kind::kAny};
      const std::string path = "a/b/" + std::to_string(thread);
      for (int time = 0; time < kTimes; ++time) {
        auto file = uploads.begin(path);
        if (file && uploads.publish(*file, condition)) {
          wrong += fails ? 1 : 0;
          unlink(at(path).c_str());
        } else {
          wrong += fails && file ? 0 : 1;
        }
        rmdir(at("a/b").c_str());
        rmdir(at("a").c_str());
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_FALSE(fs::exists(at("a")));
}

TEST_F(UploadDirectoryTest, WhatIsThereNow) {
  directory_.write("a/file", "123");
  const auto file = uploads_.look("a/file");
  ASSERT_TRUE(file && *file);
  EXPECT_EQ((*file)->size_bytes, 3U);
  EXPECT_TRUE(uploads_.look("a/none") && !*uploads_.look("a/none"));
  EXPECT_FALSE(uploads_.look("b/none"));
  options_.make_parents = true;
  EXPECT_TRUE(uploads_.look("b/none"));
}

TEST_F(UploadDirectoryTest, Removing) {
  directory_.write("file", "x");
  const UploadCondition first = same("file");
  EXPECT_EQ(uploads_.remove("none", {}).error().problem, UploadProblem::kNotFound);
  EXPECT_EQ(uploads_.remove("no/ne", {}).error().problem, UploadProblem::kNotFound);
  directory_.write("file", "changed");
  EXPECT_EQ(uploads_.remove("file", first).error().problem, UploadProblem::kConditionFailed);
  EXPECT_TRUE(uploads_.remove("file", same("file")));
  EXPECT_FALSE(fs::exists(at("file")));
}

TEST_F(UploadDirectoryTest, LinksOnTheWayAreFollowedAsForReading) {
  const TemporaryDirectory outside;
  fs::create_directory(at("inside"));
  fs::create_directory_symlink("inside", at("in"));
  fs::create_directory_symlink(outside.path(), at("out"));
  EXPECT_TRUE(put("in/file", "x"));
  EXPECT_EQ(problem_of("out/file"), UploadProblem::kNoParent);
  options_.make_parents = true;
  EXPECT_EQ(problem_of("out/new/file"), UploadProblem::kNoParent);
  EXPECT_TRUE(fs::is_empty(outside.path()));

  const DocumentRoot strict(directory_.path(), Symlinks::kNone);
  UploadDirectory none(strict, options_);
  EXPECT_FALSE(none.begin("in/file"));
  const DocumentRoot open(directory_.path(), Symlinks::kFollow);
  UploadDirectory all(open, options_);
  auto file = all.begin("out/file");
  ASSERT_TRUE(file);
  EXPECT_TRUE(all.publish(*file, {}));
  EXPECT_TRUE(fs::exists(outside.path_of("file")));
}

TEST_F(UploadDirectoryTest, TheStagingDirectoryIsMadeAgain) {
  directory_.write("file", "x");
  ASSERT_TRUE(put("file", "y"));
  struct stat state;
  ASSERT_EQ(stat(at(kUploadDirectoryName).c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 07777U, 0700U);
  fs::remove_all(at(kUploadDirectoryName));
  EXPECT_TRUE(put("file", "z"));
  EXPECT_EQ(content_of(at("file")), "z");
}

TEST_F(UploadDirectoryTest, AStagingDirectoryThatIsALinkIsNotUsed) {
  const TemporaryDirectory outside;
  fs::create_directory_symlink(outside.path(), at(kUploadDirectoryName));
  directory_.write("file", "x");
  EXPECT_FALSE(put("file", "y"));
  EXPECT_TRUE(fs::is_empty(outside.path()));
}

TEST_F(UploadDirectoryTest, WhatAKilledProcessLeftIsRemovedAtStart) {
  const std::string staging = kUploadDirectoryName;
  const std::string beside = ".sluice-upload-0123456789abcdef0123456789abcdef";
  directory_.write("a/keep", "x");
  directory_.write("a/" + beside, "half");
  directory_.write(staging + "/.sluice-upload-x", "half");
  directory_.write(staging + "/0123456789abcdef0123456789abcdef", "data without a record");
  fs::create_symlink("a/" + beside, at(staging + "/" + beside));
  // Notes that lead to what is no temporary name are not believed.
  fs::create_symlink("a/keep", at(staging + "/keep"));
  fs::create_symlink("a/keep", at(staging + "/.sluice-upload-y"));
  const UploadDirectory next(root_, options_);
  EXPECT_EQ(tree(directory_.path()), std::set<std::string>({"a", "a/keep"}));
}

TEST_F(UploadDirectoryTest, WhatOthersAreAtWorkOnStaysAtStart) {
  directory_.write("file", "x");
  ASSERT_TRUE(put("file", "y"));  // from here on it has the directory open
  directory_.write(std::string(kUploadDirectoryName) + "/.sluice-upload-x", "half");
  const UploadDirectory second(root_, options_);
  EXPECT_TRUE(fs::exists(at(std::string(kUploadDirectoryName) + "/.sluice-upload-x")));
}

// A file system of its own inside the root; skipped without the right to mount one.
class MountedUploadTest : public UploadDirectoryTest,
                          public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    fs::create_directory(at("m"));
    mounted_ = mount("none", at("m").c_str(), GetParam(), 0, nullptr) == 0;
    if (!mounted_) GTEST_SKIP() << "cannot mount " << GetParam();
  }
  void TearDown() override {
    if (mounted_) umount2(at("m").c_str(), MNT_DETACH);
  }

  bool mounted_ = false;
};

TEST_P(MountedUploadTest, ReplacesWhereStagingIsElsewhere) {
  EXPECT_TRUE(put("m/file", "old"));
  const auto published = put("m/file", "new");
  ASSERT_TRUE(published);
  EXPECT_FALSE(published->created);
  EXPECT_EQ(content_of(at("m/file")), "new");
  EXPECT_EQ(problem_of("m/file", {.kind = Kind::kNothing}), UploadProblem::kConditionFailed);
  EXPECT_EQ(tree(directory_.path()), std::set<std::string>({"m", "m/file"}));
}

TEST_P(MountedUploadTest, MakesParentsWhereStagingIsElsewhere) {
  options_.make_parents = true;
  {
    const auto file = uploads_.begin("m/a/b/file");
  }
  EXPECT_EQ(tree(directory_.path()), std::set<std::string>({"m"}));
  EXPECT_EQ(problem_of("m/a/b/file", {.kind = Kind::kSame}), UploadProblem::kConditionFailed);
  EXPECT_EQ(tree(directory_.path()), std::set<std::string>({"m"}));
  EXPECT_TRUE(put("m/a/b/file", "new"));
  EXPECT_EQ(content_of(at("m/a/b/file")), "new");
  EXPECT_TRUE(put("m/a/b/file", "newer"));
  EXPECT_EQ(content_of(at("m/a/b/file")), "newer");
  EXPECT_EQ(tree(directory_.path()), std::set<std::string>({"m", "m/a", "m/a/b", "m/a/b/file"}));
}

INSTANTIATE_TEST_SUITE_P(FileSystems, MountedUploadTest, testing::Values("tmpfs", "ramfs"));

TEST_F(UploadDirectoryTest, TheDirectoryForTemporaryNamesIsThereWhileItIsNeeded) {
  const auto is_there = [this] { return fs::exists(at(kUploadDirectoryName)); };
  directory_.write("file", "old");
  ASSERT_TRUE(put("file", "new"));
  uploads_.tidy();
  EXPECT_FALSE(is_there());
  ASSERT_TRUE(put("file", "newer"));
  directory_.write(std::string(kUploadDirectoryName) + "/something", "");
  uploads_.tidy();
  EXPECT_TRUE(is_there());
  fs::remove(at(std::string(kUploadDirectoryName) + "/something"));
  const UploadDirectory another(root_, options_);
  EXPECT_TRUE(is_there());  // it is in use, as far as another process can see
  uploads_.tidy();
  EXPECT_FALSE(is_there());
  fs::create_directory(at(kUploadDirectoryName));  // as a killed process leaves it
  const UploadDirectory next(root_, options_);
  EXPECT_FALSE(is_there());
}

// As of two processes: one removes what the other is about to use.
TEST_F(UploadDirectoryTest, ManyNeedTemporaryNamesAtOnce) {
  constexpr int kThreads = 4;
  constexpr int kTimes = 100;
  const Uploads options{.sync = UploadSync::kNone};
  UploadDirectory one(root_, options);
  UploadDirectory other(root_, options);
  std::atomic<int> failed = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      UploadDirectory& uploads = thread % 2 == 0 ? one : other;
      const std::string name = std::to_string(thread);
      for (int time = 0; time < kTimes; ++time) {
        auto file = uploads.begin(name);
        const bool done = file && uploads.publish(*file, {});
        failed += done ? 0 : 1;
        uploads.tidy();
      }
    });
  }
  threads.clear();
  EXPECT_EQ(failed, 0);
  one.tidy();
  other.tidy();
  EXPECT_FALSE(fs::exists(at(kUploadDirectoryName)));
}

}  // namespace
}  // namespace sluice
