// Listening on a Unix socket, and what may be at its path already.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "server/listen_address.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing_support::TemporaryDirectory;

constexpr uint32_t kBacklog = 16;

class UnixAddressTest : public testing::Test {
 protected:
  StartError refusal() const {
    try {
      bind_address(text_, 1, kBacklog);
    } catch (const StartError& error) {
      return error;
    }
    return {StartError::Kind::kUsage, "", ""};
  }

  void expect_refusal() const {
    const StartError error = refusal();
    EXPECT_EQ(error.kind(), StartError::Kind::kSystem);
    EXPECT_EQ(error.option(), "listen");
    const std::string message = error.what();
    EXPECT_NE(message.find("'" + text_ + "'"), std::string::npos) << message;
    EXPECT_EQ(message.find("port"), std::string::npos) << "a path has no port: " << message;
  }

  bool connects() const {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    const UniqueFd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.path_of("socket");
  std::string text_ = "unix:" + path_;
  std::vector<UniqueFd> waiting_;
};

TEST_F(UnixAddressTest, IsOneSocketForAllShards) {
  const BoundAddress bound = bind_address(text_, 3, kBacklog);
  EXPECT_EQ(bound.name, text_);
  EXPECT_EQ(bound.unix_path, path_);
  EXPECT_EQ(bound.sockets.size(), 3u);
  EXPECT_TRUE(std::filesystem::is_socket(path_));
  EXPECT_TRUE(connects());
}

TEST_F(UnixAddressTest, AStaleSocketIsReplaced) {
  bind_address(text_, 1, kBacklog);  // closed at once, as by a kill: the file stays
  ASSERT_TRUE(std::filesystem::is_socket(path_));
  ASSERT_FALSE(connects());
  const BoundAddress bound = bind_address(text_, 1, kBacklog);
  EXPECT_TRUE(connects());
}

TEST_F(UnixAddressTest, ALiveSocketIsLeftAlone) {
  const BoundAddress first = bind_address(text_, 1, kBacklog);
  expect_refusal();
  EXPECT_TRUE(connects());
}

TEST_F(UnixAddressTest, AFullBacklogIsAliveToo) {
  const BoundAddress first = bind_address(text_, 1, 0);
  for (int i = 0; i < 4; ++i) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    UniqueFd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) break;
    waiting_.push_back(std::move(client));
  }
  ASSERT_LT(waiting_.size(), 4u) << "the backlog was never full";
  // A second server must neither hang nor take the path.
  alarm(30);
  expect_refusal();
  alarm(0);
  EXPECT_TRUE(std::filesystem::is_socket(path_));
}

TEST_F(UnixAddressTest, ARegularFileIsNeitherReplacedNorRemoved) {
  directory_.write("socket", "precious");
  expect_refusal();
  std::ifstream file(path_);
  std::string content;
  file >> content;
  EXPECT_EQ(content, "precious");
}

TEST_F(UnixAddressTest, ADirectoryIsNeitherReplacedNorRemoved) {
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  expect_refusal();
  EXPECT_TRUE(std::filesystem::is_directory(path_));
}

TEST_F(UnixAddressTest, ASymbolicLinkIsNotFollowedToRemoveASocket) {
  const std::string other = directory_.path_of("other");
  bind_address("unix:" + other, 1, kBacklog);  // stale
  std::filesystem::create_symlink(other, path_);
  expect_refusal();
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
  EXPECT_TRUE(std::filesystem::is_socket(other));
}

TEST_F(UnixAddressTest, AMissingDirectoryIsRefused) {
  path_ = directory_.path_of("missing/socket");
  text_ = "unix:" + path_;
  expect_refusal();
}

TEST_F(UnixAddressTest, TheLongestPathThatFits) {
  const size_t room = sizeof sockaddr_un().sun_path - 1;
  path_ = directory_.path_of(std::string(room - directory_.path().size() - 1, 'n'));
  text_ = "unix:" + path_;
  ASSERT_EQ(path_.size(), room);
  const BoundAddress bound = bind_address(text_, 1, kBacklog);
  EXPECT_TRUE(connects());
}

}  // namespace
}  // namespace sluice
