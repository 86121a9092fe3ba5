// How a server ends, and what is left of it.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/epoll.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include <sluice/server.h>
#include <sluice/unique_fd.h>

#include "server/http_client.h"
#include "server/server_fixture.h"
#include "support/descriptors.h"

namespace sluice {
namespace {

using testing_support::describe_descriptor;
using testing_support::open_descriptors;

constexpr uint64_t kPatienceMs = 60'000;
constexpr uint64_t kLargeBytes = 64 * 1024 * 1024;  // more than sockets hold

class ServerStopTest : public ServerFixture {
 protected:
  ServerStopTest() {
    directory_.write("large", "");
    std::filesystem::resize_file(directory_.path_of("large"), kLargeBytes);
  }
};

void expect_nothing_left(const std::set<int>& descriptors_before) {
  for (const int fd : open_descriptors()) {
    EXPECT_TRUE(descriptors_before.contains(fd)) << describe_descriptor(fd) << " is still open";
  }
  // A joined thread stays in /proc for a moment.
  for (int i = 0; i < 1000 && !shard_threads().empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(shard_threads().empty());
}

TEST_F(ServerStopTest, LeavesNothingBehind) {
  const auto before = open_descriptors();
  Options wanted = options();
  wanted.listen = {"127.0.0.1:0", "unix:" + directory_.path_of("socket")};
  wanted.threads = 2;
  Server server(wanted);
  server.start();
  for (const std::string& address : server.addresses()) status_of(address, "/file.txt");
  server.stop(kPatienceMs);
  expect_nothing_left(before);
  EXPECT_FALSE(std::filesystem::exists(directory_.path_of("socket")));
}

TEST_F(ServerStopTest, DestructionIsEnough) {
  const auto before = open_descriptors();
  std::optional<HttpClient> idle;
  std::optional<HttpClient> busy;
  {
    Options wanted = options();
    wanted.listen.push_back("unix:" + directory_.path_of("socket"));
    Server server(wanted);
    server.start();
    idle.emplace(server.addresses()[0]);
    idle->get("/file.txt");
    busy.emplace(server.addresses()[0]);
    busy->send_get("/large");
    EXPECT_EQ(busy->skip(1000), 1000u);
  }
  EXPECT_TRUE(idle->ended());
  EXPECT_LT(busy->skip(kLargeBytes), kLargeBytes - 1000);
  idle.reset();
  busy.reset();
  expect_nothing_left(before);
  EXPECT_FALSE(std::filesystem::exists(directory_.path_of("socket")));
}

TEST_F(ServerStopTest, LetsResponsesInFlightFinish) {
  Server server(options());
  server.start();
  HttpClient idle(server.addresses()[0]);
  idle.get("/file.txt");
  HttpClient busy(server.addresses()[0]);
  busy.send_get("/large");
  EXPECT_EQ(busy.skip(1000), 1000u);

  std::thread stopping([&] { server.stop(kPatienceMs); });
  EXPECT_TRUE(idle.ended()) << "it has nothing to wait for";
  const uint64_t rest = busy.skip(2 * kLargeBytes);
  EXPECT_GT(rest, kLargeBytes - 1000);  // the head came too
  EXPECT_LT(rest, kLargeBytes + 1000);
  EXPECT_TRUE(busy.ended());
  stopping.join();
  EXPECT_EQ(server.stats().requests, 2u);
}

TEST_F(ServerStopTest, CutsOffWhatTakesTooLong) {
  Server server(options());
  server.start();
  HttpClient stalled(server.addresses()[0]);
  stalled.send_get("/large");
  EXPECT_EQ(stalled.skip(1000), 1000u);
  server.stop(10);  // comes back although the client never reads on
  EXPECT_LT(stalled.skip(kLargeBytes), kLargeBytes - 1000);
}

TEST_F(ServerStopTest, AClientInMidHeadDoesNotHoldItUp) {
  Server server(options());
  server.start();
  HttpClient client(server.addresses()[0]);
  client.send("GET /file.txt HT");
  wait_until([&] { return server.stats().connections_open == 1; });
  server.stop(10);
  EXPECT_TRUE(client.ended());
}

TEST_F(ServerStopTest, MayBeRepeatedOrNeedless) {
  Server never_started(options());
  never_started.stop(0);
  Server server(options());
  server.start();
  server.stop(0);
  server.stop(0);
}

TEST_F(ServerStopTest, TheAddressIsFreeAtOnce) {
  Options wanted = options();
  for (int round = 0; round < 5; ++round) {
    Server server(wanted);
    server.start();
    EXPECT_EQ(status_of(server.addresses()[0], "/file.txt"), 200);
    wanted.listen = {server.addresses()[0].substr(std::string("http://").size())};
    server.stop(kPatienceMs);
  }
}

TEST_F(ServerStopTest, AStoppedServerMayStartAgain) {
  Server server(options());
  for (int round = 0; round < 3; ++round) {
    server.start();
    EXPECT_EQ(status_of(server.addresses()[0], "/file.txt"), 200);
    EXPECT_EQ(server.stats().requests, 1u) << "sums are since the start";
    server.stop(kPatienceMs);
  }
}

// When a ring goes, the kernel interrupts the thread that made it, a moment later.
TEST_F(ServerStopTest, TheCallersSystemCallsAreNotInterrupted) {
  const UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  for (int round = 0; round < 5; ++round) {
    Server server(options());
    server.start();
    server.stop(kPatienceMs);
    epoll_event event;
    EXPECT_EQ(epoll_wait(epoll.get(), &event, 1, 100), 0) << strerrorname_np(errno);
  }
}

class FailedStartTest : public ServerStopTest {};

TEST_F(FailedStartTest, AnAddressInUseLeavesNothingBehind) {
  Server first(options());
  first.start();
  Options wanted = options();
  wanted.listen = {"127.0.0.1:0", "unix:" + directory_.path_of("socket"),
                   first.addresses()[0].substr(std::string("http://").size())};
  wanted.threads = 2;
  const auto before = open_descriptors();
  Server second(wanted);
  for (int round = 0; round < 2; ++round) {
    try {
      second.start();
      FAIL() << "started";
    } catch (const StartError& error) {
      EXPECT_EQ(error.kind(), StartError::Kind::kSystem);
      EXPECT_EQ(error.option(), "listen");
    }
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_FALSE(std::filesystem::exists(directory_.path_of("socket")));
    EXPECT_TRUE(second.addresses().empty());
  }
  wait_until([] { return shard_threads().size() == 1; });
  EXPECT_EQ(status_of(first.addresses()[0], "/file.txt"), 200);

  first.stop(0);
  second.start();  // what was in the way is gone
  for (const std::string& address : second.addresses()) {
    EXPECT_EQ(status_of(address, "/file.txt"), 200);
  }
}

// A stack that no machine has makes every new thread fail.
TEST_F(FailedStartTest, AThreadThatCannotBeMadeLeavesNothingBehind) {
  pthread_attr_t usual;
  pthread_attr_t enormous;
  ASSERT_EQ(pthread_getattr_default_np(&usual), 0);
  ASSERT_EQ(pthread_attr_init(&enormous), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&enormous, size_t{1} << 46U), 0);
  if (pthread_setattr_default_np(&enormous) != 0) GTEST_SKIP() << "the size of stacks is fixed";
  sigset_t mask_before;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask_before);
  const auto before = open_descriptors();

  Server server(options());
  EXPECT_THROW(server.start(), StartError);

  EXPECT_EQ(open_descriptors(), before);
  sigset_t mask_after;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask_after);
  for (int signal = 1; signal < SIGRTMIN; ++signal) {
    EXPECT_EQ(sigismember(&mask_before, signal), sigismember(&mask_after, signal)) << signal;
  }
  pthread_sigmask(SIG_SETMASK, &mask_before, nullptr);
  ASSERT_EQ(pthread_setattr_default_np(&usual), 0);
  server.start();
  EXPECT_EQ(status_of(server.addresses()[0], "/file.txt"), 200);
}

}  // namespace
}  // namespace sluice
