// The way into a directory, on the real ring.
#include "files/document_root.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "runtime/kernel_loop.h"
#include "support/descriptors.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing_support::open_descriptors;
using testing_support::TemporaryDirectory;

// Why a document root cannot be at `path`; a message that is empty if it can.
StartError refusal(const std::string& path) {
  try {
    const DocumentRoot root(path);
  } catch (const StartError& error) {
    return error;
  }
  return {StartError::Kind::kUsage, "", ""};
}

void expect_says(const StartError& error, const std::string& path) {
  EXPECT_EQ(error.option(), "root");
  const std::string message = error.what();
  EXPECT_NE(message.find("'" + path + "'"), std::string::npos) << message;
  EXPECT_NE(message.find("must be a directory"), std::string::npos) << message;
}

TEST(DocumentRootTest, AMissingDirectoryIsTheCallersMistake) {
  const TemporaryDirectory directory;
  const std::string path = directory.path_of("missing");
  const StartError error = refusal(path);
  EXPECT_EQ(error.kind(), StartError::Kind::kUsage);
  expect_says(error, path);
}

TEST(DocumentRootTest, AFileIsNoDirectory) {
  const TemporaryDirectory directory;
  directory.write("file", "x");
  const StartError error = refusal(directory.path_of("file"));
  EXPECT_EQ(error.kind(), StartError::Kind::kUsage);
  expect_says(error, directory.path_of("file"));
}

TEST(DocumentRootTest, AnEmptyPathIsTheCallersMistake) {
  const StartError error = refusal("");
  EXPECT_EQ(error.kind(), StartError::Kind::kUsage);
  expect_says(error, "");
}

// As a child process, because it gives up the right to read everything.
TEST(DocumentRootTest, AnUnreadableDirectoryIsTheSystemsRefusal) {
  const TemporaryDirectory directory;
  const std::string path = directory.path_of("locked");
  ASSERT_EQ(mkdir(path.c_str(), 0), 0);
  ASSERT_EQ(chmod(directory.path().c_str(), 0755), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (getuid() == 0 && setuid(65534) != 0) _exit(2);
    const StartError error = refusal(path);
    _exit(error.kind() == StartError::Kind::kSystem && error.option() == "root" ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

class DocumentRootOpenTest : public testing::Test {
 protected:
  std::string make_site() const {
    directory_.write("outside/secret", "secret");
    directory_.write("root/file", "content");
    directory_.write("root/folder/inner", "inner");
    link("folder/inner", "to-inner");
    link("../outside/secret", "to-outside");
    link(directory_.path_of("outside/secret"), "absolute");
    link("folder", "to-folder");
    link("loop", "loop");
    link("/proc/self/root/etc/passwd", "magic");
    return directory_.path_of("root");
  }

  void link(const std::string& target, const std::string& name) const {
    std::filesystem::create_symlink(target, directory_.path_of("root/" + name));
  }

  static Task<Result<DocumentRoot::Opened>> open_task(const DocumentRoot& root, Reactor& reactor,
                                                      const char* path) {
    Task<Result<DocumentRoot::Opened>> opening = root.open(reactor, path);
    co_return co_await opening;
  }

  Result<DocumentRoot::Opened> open(const char* path) {
    return loop_.run(open_task(root_, loop_.reactor(), path));
  }

  // What the file holds, or the code of the error.
  std::string read(const char* path) {
    const Result<DocumentRoot::Opened> opened = open(path);
    if (!opened) return "error " + std::to_string(static_cast<int>(opened.error().code));
    char content[64];
    const ssize_t bytes = ::read(opened->fd.get(), content, sizeof content);
    return bytes < 0 ? "unreadable" : std::string(content, static_cast<size_t>(bytes));
  }

  static std::string error(ErrorCode code) {
    return "error " + std::to_string(static_cast<int>(code));
  }

  TemporaryDirectory directory_;
  DocumentRoot root_{make_site()};
  KernelLoop loop_;
};

TEST_F(DocumentRootOpenTest, FilesAndFolders) {
  EXPECT_EQ(read("file"), "content");
  EXPECT_EQ(read("folder/inner"), "inner");
  EXPECT_TRUE(open("folder"));
  EXPECT_TRUE(open(""));
  EXPECT_EQ(read("missing"), error(ErrorCode::kNotFound));
  EXPECT_EQ(read("file/below"), error(ErrorCode::kNotFound));
}

TEST_F(DocumentRootOpenTest, TellsWhetherASymbolicLinkWasInTheWay) {
  EXPECT_FALSE(open("file")->through_symlink);
  EXPECT_FALSE(open("")->through_symlink);
  EXPECT_TRUE(open("to-inner")->through_symlink);
  EXPECT_TRUE(open("to-folder/inner")->through_symlink);
  EXPECT_EQ(read("to-folder/inner"), "inner");
}

TEST_F(DocumentRootOpenTest, NothingLeadsOutside) {
  for (const char* path : {"../outside/secret", "folder/../../outside/secret", "..", "to-outside",
                           "absolute", "magic", "/etc/passwd", "loop"}) {
    EXPECT_EQ(read(path), error(ErrorCode::kNotFound)) << path;
  }
}

TEST_F(DocumentRootOpenTest, AFifoIsNeitherServedNorOpened) {
  ASSERT_EQ(mkfifo(directory_.path_of("root/fifo").c_str(), 0600), 0);
  const auto opened = open("fifo");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kNotFound);
}

TEST_F(DocumentRootOpenTest, KeepsNothingOpen) {
  read("file");
  const auto before = open_descriptors();
  for (int round = 0; round < 50; ++round) {
    read("file");
    read("to-inner");
    read("missing");
    read("../outside/secret");
  }
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace sluice
