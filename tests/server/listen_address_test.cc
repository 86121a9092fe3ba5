// Where a server may listen, in words and on this machine.
#include "server/listen_address.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <set>
#include <string>

#include "support/descriptors.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing_support::open_descriptors;

constexpr uint32_t kBacklog = 16;

// Why `text` is refused; an empty message if it is not.
StartError refusal(const std::string& text, unsigned shard_count = 1) {
  try {
    bind_address(text, shard_count, kBacklog);
  } catch (const StartError& error) {
    return error;
  }
  return {StartError::Kind::kUsage, "", ""};
}

bool contains(const StartError& error, const std::string& words) {
  return std::string(error.what()).find(words) != std::string::npos;
}

int port_of(const UniqueFd& socket) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  EXPECT_EQ(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  return ntohs(address.sin_port);
}

int option_of(const UniqueFd& socket, int level, int option) {
  int value = -1;
  socklen_t length = sizeof value;
  EXPECT_EQ(getsockopt(socket.get(), level, option, &value, &length), 0);
  return value;
}

class NoAddress : public testing::TestWithParam<std::string> {};

TEST_P(NoAddress, IsTheCallersMistake) {
  const StartError error = refusal(GetParam());
  EXPECT_EQ(error.kind(), StartError::Kind::kUsage);
  EXPECT_EQ(error.option(), "listen");
  EXPECT_TRUE(contains(error, "'" + GetParam() + "'")) << error.what();
  EXPECT_TRUE(contains(error, "IPv4:PORT")) << error.what();
}

INSTANTIATE_TEST_SUITE_P(
    All, NoAddress,
    testing::Values("", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http",
                    "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1: 80",
                    "127.0.0.1:80 ", " 127.0.0.1:80", "127.0.0.1:0x50", "127.0.0.1:8080:8080",
                    "127.0.0.1:99999999999999999999", "127.0.0:80", "127.1:80", "256.0.0.1:80",
                    "1.2.3.4.5:80", "localhost:80", "example.org:80", "*:80", "::1:80", "[::1]",
                    "[::1]:", "[::1]80", "[::1:80", "::1]:80", "[]:80", "[127.0.0.1]:80",
                    "[::1%lo]:80", "[::g]:80", "http://127.0.0.1:80", "unix:", "unix",
                    "UNIX:/tmp/socket", "unix:" + std::string(108, 'n'), "fd:", "fd:-1", "fd:3x",
                    "fd: 3", "fd:+3", "fd:0x3", "fd", "FD:3", "fd:99999999999"));

TEST(ListenAddressTest, APortThatIsFree) {
  const BoundAddress bound = bind_address("127.0.0.1:0", 1, kBacklog);
  ASSERT_EQ(bound.sockets.size(), 1u);
  const int port = port_of(bound.sockets[0]);
  EXPECT_GT(port, 0);
  EXPECT_EQ(bound.name, "http://127.0.0.1:" + std::to_string(port));
  EXPECT_TRUE(bound.unix_path.empty());
}

TEST(ListenAddressTest, EveryAddressOfTheMachine) {
  const BoundAddress bound = bind_address("0.0.0.0:0", 1, kBacklog);
  EXPECT_TRUE(bound.name.starts_with("http://0.0.0.0:")) << bound.name;
}

TEST(ListenAddressTest, InternetVersionSix) {
  if (std::string(refusal("[::1]:0").what()).find("family") != std::string::npos ||
      contains(refusal("[::1]:0"), "no such address")) {
    GTEST_SKIP() << "no IPv6 here";
  }
  const BoundAddress bound = bind_address("[::1]:0", 2, kBacklog);
  EXPECT_TRUE(bound.name.starts_with("http://[::1]:")) << bound.name;
  EXPECT_EQ(bound.sockets.size(), 2u);
  EXPECT_EQ(option_of(bound.sockets[0], IPPROTO_IPV6, IPV6_V6ONLY), 1);
}

TEST(ListenAddressTest, SeveralShardsShareOnePort) {
  const BoundAddress bound = bind_address("127.0.0.1:0", 4, kBacklog);
  ASSERT_EQ(bound.sockets.size(), 4u);
  std::set<int> ports;
  for (const UniqueFd& socket : bound.sockets) {
    ports.insert(port_of(socket));
    EXPECT_EQ(option_of(socket, SOL_SOCKET, SO_ACCEPTCONN), 1) << "does not listen";
  }
  EXPECT_EQ(ports.size(), 1u);
  EXPECT_EQ(bound.name, "http://127.0.0.1:" + std::to_string(*ports.begin()));
}

TEST(ListenAddressTest, DescriptorsAreNotInherited) {
  const BoundAddress bound = bind_address("127.0.0.1:0", 2, kBacklog);
  for (const UniqueFd& socket : bound.sockets) {
    EXPECT_NE(fcntl(socket.get(), F_GETFD) & FD_CLOEXEC, 0);
  }
}

// Ours set SO_REUSEPORT, with which two servers could share a port and each miss half of its
// connections.
TEST(ListenAddressTest, AnAddressInUseIsNoticedWhoeverUsesIt) {
  for (const unsigned first_shards : {1U, 3U}) {
    const BoundAddress first = bind_address("127.0.0.1:0", first_shards, kBacklog);
    const std::string text = first.name.substr(std::string("http://").size());
    for (const unsigned second_shards : {1U, 3U}) {
      const StartError error = refusal(text, second_shards);
      EXPECT_EQ(error.kind(), StartError::Kind::kSystem);
      EXPECT_EQ(error.option(), "listen");
      EXPECT_TRUE(contains(error, "'" + text + "'")) << error.what();
      EXPECT_TRUE(contains(error, "in use")) << error.what();
      EXPECT_TRUE(contains(error, "another port")) << error.what();
    }
  }
}

TEST(ListenAddressTest, AnAddressIsFreeAgainAfterwards) {
  std::string text;
  for (int round = 0; round < 5; ++round) {
    const BoundAddress bound = bind_address(round == 0 ? "127.0.0.1:0" : text, 2, kBacklog);
    text = bound.name.substr(std::string("http://").size());
  }
}

TEST(ListenAddressTest, AnAddressOfAnotherMachine) {
  const StartError error = refusal("192.0.2.1:0");  // RFC 5737: nobody's
  EXPECT_EQ(error.kind(), StartError::Kind::kSystem);
  EXPECT_TRUE(contains(error, "192.0.2.1")) << error.what();
}

TEST(ListenAddressTest, ARefusalLeavesNoDescriptorBehind) {
  const BoundAddress first = bind_address("127.0.0.1:0", 1, kBacklog);
  const std::string text = first.name.substr(std::string("http://").size());
  const auto before = open_descriptors();
  refusal(text, 3);
  refusal("nonsense");
  refusal("192.0.2.1:0", 2);
  EXPECT_EQ(open_descriptors(), before);
}

// A socket that somebody else has bound, as a caller would hand it over.
UniqueFd listening_socket(sockaddr* address, socklen_t length, int type = SOCK_STREAM) {
  UniqueFd socket(::socket(address->sa_family, type | SOCK_CLOEXEC, 0));
  EXPECT_EQ(bind(socket.get(), address, length), 0) << errno;
  EXPECT_EQ(listen(socket.get(), 7), 0);
  return socket;
}

UniqueFd listening_on_loopback() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return listening_socket(reinterpret_cast<sockaddr*>(&address), sizeof address);
}

UniqueFd listening_on_path(const std::string& path, int type = SOCK_STREAM) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  return listening_socket(reinterpret_cast<sockaddr*>(&address), length, type);
}

std::string named(const UniqueFd& fd) { return "fd:" + std::to_string(fd.get()); }

TEST(AdoptedSocketTest, IsOneForAllShardsAndStaysTheCallers) {
  const UniqueFd given = listening_on_loopback();
  const int flags = fcntl(given.get(), F_GETFL);
  {
    const BoundAddress bound = bind_address(named(given), 3, kBacklog);
    EXPECT_EQ(bound.name, "http://127.0.0.1:" + std::to_string(port_of(given)));
    EXPECT_TRUE(bound.unix_path.empty());
    ASSERT_EQ(bound.sockets.size(), 3U);
    for (const UniqueFd& socket : bound.sockets) {
      EXPECT_NE(socket.get(), given.get());
      EXPECT_EQ(port_of(socket), port_of(given));
      EXPECT_NE(fcntl(socket.get(), F_GETFD) & FD_CLOEXEC, 0);
    }
  }
  EXPECT_EQ(option_of(given, SOL_SOCKET, SO_ACCEPTCONN), 1) << "it listens no more";
  EXPECT_EQ(fcntl(given.get(), F_GETFL), flags);
}

TEST(AdoptedSocketTest, IsCalledWhatItIsBoundTo) {
  const testing_support::TemporaryDirectory directory;
  const std::string path = directory.path_of("socket");
  const UniqueFd in_a_directory = listening_on_path(path);
  EXPECT_EQ(bind_address(named(in_a_directory), 1, kBacklog).name, "unix:" + path);
  EXPECT_EQ(access(path.c_str(), F_OK), 0) << "the file is the caller's";

  const std::string abstract_name = "sluice-test-" + std::to_string(getpid());
  const UniqueFd abstract = listening_on_path('\0' + abstract_name);
  EXPECT_EQ(bind_address(named(abstract), 1, kBacklog).name, "unix:@" + abstract_name);
}

TEST(AdoptedSocketTest, MustBeAStreamSocketThatListens) {
  const testing_support::TemporaryDirectory directory;
  const UniqueFd file(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const UniqueFd silent(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const UniqueFd datagrams(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const UniqueFd packets = listening_on_path(directory.path_of("packets"), SOCK_SEQPACKET);
  const struct {
    std::string text;
    const char* reason;
  } cases[] = {
      {"fd:1000000", "is no open descriptor"}, {named(file), "is no socket"},
      {named(silent), "does not listen"},      {named(datagrams), "is no stream socket"},
      {named(packets), "is no stream socket"},
  };
  const auto before = open_descriptors();
  for (const auto& [text, reason] : cases) {
    const StartError error = refusal(text, 2);
    EXPECT_EQ(error.kind(), StartError::Kind::kUsage) << text;
    EXPECT_EQ(error.option(), "listen");
    EXPECT_TRUE(contains(error, "'" + text + "' " + reason)) << error.what();
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(AdoptedSocketTest, ItsNumberIsLookedAtWithoutTheSystem) {
  EXPECT_EQ(problem_of_address("fd:1000000"), "");
  EXPECT_NE(problem_of_address("fd:x"), "");
}

}  // namespace
}  // namespace sluice
