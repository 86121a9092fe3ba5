// Files that are removed while shards have them open.
#include "files/removed_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "files/document_root.h"
#include "files/open_file_table.h"
#include "runtime/kernel_loop.h"
#include "runtime/mailbox.h"
#include "support/descriptors.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing_support::open_descriptors;

class RemovedFilesTest : public testing::Test {
 protected:
  RemovedFilesTest() { directory_.write("file", "content"); }

  FileReference open_file(std::string_view path) {
    const FileRequest request{.root = root_, .path = path};
    Task<Result<FileReference>> opening = files_.open(request);
    return loop_.run(std::move(opening)).value();
  }
  FileState remove_file() {
    const FileState before = state_at(directory_.path_of("file").c_str()).value();
    unlink(directory_.path_of("file").c_str());
    return before;
  }

  // Does what a shard does when it is woken, until the file is gone everywhere.
  void let_go_of(const FileState& before) {
    std::atomic<bool> over = false;
    std::thread worker([&] {
      RemovedFiles::let_go_everywhere(before);
      over = true;
    });
    while (!over) removed_.let_go(files_);
    worker.join();
    removed_.let_go(files_);  // it waits for kPatience only
  }

  testing_support::TemporaryDirectory directory_;
  DocumentRoot root_{directory_.path(), Symlinks::kNone};
  KernelLoop loop_;
  OpenFileTable files_{loop_.reactor(), 16, 60'000};
  Mailbox mailbox_;
  RemovedFiles removed_{mailbox_};
};

TEST_F(RemovedFilesTest, AreClosedAtOnce) {
  const std::set<int> before = open_descriptors();
  open_file("file");
  EXPECT_EQ(open_descriptors().size(), before.size() + 1);
  let_go_of(remove_file());
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(RemovedFilesTest, AreClosedAfterUseWhereTheyAreInUse) {
  const std::set<int> before = open_descriptors();
  {
    const FileReference file = open_file("file");
    let_go_of(remove_file());
    char content[8] = {};
    EXPECT_EQ(pread(file->fd(), content, sizeof content, 0), 7);
  }
  loop_.turn_until([&] { return open_descriptors() == before; });
}

TEST_F(RemovedFilesTest, StayWhileTheyHaveAnotherName) {
  const std::set<int> before = open_descriptors();
  ASSERT_EQ(link(directory_.path_of("file").c_str(), directory_.path_of("other").c_str()), 0);
  open_file("other");
  let_go_of(remove_file());
  EXPECT_EQ(open_descriptors().size(), before.size() + 1);
}

TEST_F(RemovedFilesTest, AShardThatDoesNotAnswerIsNotWaitedForTwice) {
  Mailbox other;
  RemovedFiles silent(other);
  open_file("file");
  const FileState before = remove_file();
  let_go_of(before);
  // Both were told, and one of them still is to let go.
  pollfd woken{.fd = other.fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&woken, 1, 0), 1);
  for (int i = 0; i < 100; ++i) let_go_of(before);
  silent.let_go(files_);
}

TEST_F(RemovedFilesTest, WhoHasLeftIsNotTold) {
  Mailbox other;
  RemovedFiles leaving(other);
  leaving.leave();
  let_go_of(remove_file());
  pollfd woken{.fd = other.fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&woken, 1, 0), 0);
}

}  // namespace
}  // namespace sluice
