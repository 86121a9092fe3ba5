// A whole server in this process, seen through its public header and real sockets.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sluice/server.h>

#include "server/http_client.h"
#include "server/server_fixture.h"
#include "support/scheduling.h"

namespace sluice {
namespace {

class ServerTest : public ServerFixture {};

TEST_F(ServerTest, AnswersOverARealSocket) {
  directory_.write("folder/index.html", "<p>index");
  Server server(options());
  server.start();
  HttpClient client(server.addresses().at(0));
  EXPECT_EQ(client.get("/file.txt").body, "content");
  EXPECT_EQ(client.get("/folder/").body, "<p>index");
  EXPECT_EQ(client.get("/folder").status, 301);
  EXPECT_EQ(client.get("/missing").status, 404);
  EXPECT_EQ(client.get("/file.txt", "Range: bytes=1-3\r\n").body, "ont");
  client.send("HEAD /file.txt HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_EQ(client.read(true).status, 200);
  client.send("DELETE /file.txt HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_EQ(client.read().status, 405);
}

TEST_F(ServerTest, TellsItsAddressesInTheirOrder) {
  Options wanted = options();
  const std::string unix_address = "unix:" + directory_.path_of("socket");
  wanted.listen = {"127.0.0.1:0", unix_address, "127.0.0.1:0"};
  Server server(wanted);
  server.start();
  const std::vector<std::string> addresses = server.addresses();
  ASSERT_EQ(addresses.size(), 3u);
  EXPECT_TRUE(addresses[0].starts_with("http://127.0.0.1:"));
  EXPECT_EQ(addresses[1], unix_address);
  EXPECT_NE(addresses[0], addresses[2]);
  for (const std::string& address : addresses) EXPECT_EQ(status_of(address, "/file.txt"), 200);
}

// Those of the threads of this process whose names begin so.
std::vector<uint64_t> slices_of(std::string_view name) {
  std::vector<uint64_t> slices;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    const bool wanted = testing_support::content_of(thread.path() / "comm").starts_with(name);
    if (!wanted) continue;
    const int id = std::stoi(thread.path().filename());
    const uint64_t slice = testing_support::scheduling_of(id).runtime_ns;
    if (slice > 0) slices.push_back(slice);  // it has not ended meanwhile
  }
  return slices;
}

TEST_F(ServerTest, GoesBeforeTheWorkersOfItsRing) {
  if (!testing_support::slices_can_be_asked_for()) GTEST_SKIP() << "no slices to ask for";
  Options wanted = options();
  wanted.sites[0].transfer = Route::kRingSplice;
  Server server(wanted);
  server.start();
  EXPECT_EQ(status_of(server.addresses()[0], "/file.txt"), 200);
  const std::vector<uint64_t> workers = slices_of("iou-wrk");
  ASSERT_FALSE(workers.empty());
  const uint64_t slice = slices_of("sluice-shard").at(0);
  for (const uint64_t longer : workers) EXPECT_LT(slice, longer);
}

TEST_F(ServerTest, CountsWhatItDoes) {
  Server server(options());
  EXPECT_EQ(server.stats().requests, 0u);
  server.start();
  {
    HttpClient first(server.addresses()[0]);
    HttpClient second(server.addresses()[0]);
    first.get("/file.txt");
    first.get("/missing");
    second.get("/file.txt");
    EXPECT_EQ(server.stats().connections_accepted, 2u);
    EXPECT_EQ(server.stats().connections_open, 2u);
    EXPECT_EQ(server.stats().requests, 3u);
  }
  wait_until([&] { return server.stats().connections_open == 0; });
  server.stop(0);
  EXPECT_EQ(server.stats().requests, 3u) << "the sums stay after the end";
  EXPECT_EQ(server.stats().connections_accepted, 2u);
  EXPECT_EQ(server.stats().connections_open, 0u);
  EXPECT_EQ(server.stats().responses_aborted, 0u);
  EXPECT_EQ(server.stats().accept_failures, 0u);
}

TEST_F(ServerTest, MayBeAskedForItsStatsAtAnyTime) {
  for (int round = 0; round < 5; ++round) {
    Server server(options());
    std::atomic<bool> over = false;
    std::thread asking([&] {
      uint64_t requests = 0;
      while (!over) {
        const uint64_t now = server.stats().requests;
        EXPECT_GE(now, requests);
        requests = now;
      }
    });
    server.start();
    status_of(server.addresses()[0], "/file.txt");
    server.stop(0);
    over = true;
    asking.join();
  }
}

TEST_F(ServerTest, SeveralThreadsServeOnePort) {
  Options wanted = options();
  wanted.threads = 3;
  Server server(wanted);
  server.start();
  wait_until(
      [] { return shard_threads().size() == 3; });  // one of a test before may just be ending
  ASSERT_EQ(server.addresses().size(), 1u);
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 60; ++i) {
    clients.push_back(std::make_unique<HttpClient>(server.addresses()[0]));
  }
  for (const auto& client : clients) EXPECT_EQ(client->get("/file.txt").body, "content");
  EXPECT_EQ(server.stats().connections_open, 60u);
}

TEST_F(ServerTest, AThreadAProcessorUnlessTold) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  Options wanted = options();
  wanted.threads = 0;
  Server server(wanted);
  server.start();
  const auto processors = static_cast<size_t>(CPU_COUNT(&allowed));
  wait_until([processors] { return shard_threads().size() == processors; });
  EXPECT_EQ(status_of(server.addresses()[0], "/file.txt"), 200);
}

TEST_F(ServerTest, ItsThreadsLeaveSignalsToTheProgram) {
  Server server(options());
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  server.start();
  wait_until([] { return shard_threads().size() == 1; });  // of one that ends nobody can tell
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGCHLD}) {
    EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal));
    for (const ThreadStatus& thread : shard_threads()) EXPECT_TRUE(thread.blocks(signal));
  }
}

TEST_F(ServerTest, TwoServersDoNotKnowOfEachOther) {
  const testing_support::TemporaryDirectory other_directory;
  other_directory.write("file.txt", "other content");
  Options other_options = options();
  other_options.sites[0].root = other_directory.path();
  Server other(other_options);
  other.start();
  {
    Server server(options());
    server.start();
    HttpClient client(server.addresses()[0]);
    HttpClient other_client(other.addresses()[0]);
    EXPECT_EQ(client.get("/file.txt").body, "content");
    EXPECT_EQ(other_client.get("/file.txt").body, "other content");
    EXPECT_EQ(server.stats().requests, 1u);
    server.stop(0);
    EXPECT_EQ(other_client.get("/file.txt").body, "other content");
  }
  EXPECT_EQ(status_of(other.addresses()[0], "/file.txt"), 200);
  EXPECT_EQ(other.stats().requests, 3u);
}

TEST_F(ServerTest, TheSmallestHeadLimitLeavesRoomForEveryResponse) {
  directory_.write("folder/inner.txt", "inner");
  Options wanted = options();
  wanted.limits.head_bytes = 256;
  Server server(wanted);
  server.start();
  HttpClient client(server.addresses()[0]);
  EXPECT_EQ(client.get("/file.txt").body, "content");
  EXPECT_EQ(client.get("/file.txt", "Range: bytes=1-3\r\n").status, 206);
  EXPECT_EQ(client.get("/folder?" + std::string(150, 'q')).status, 301);
  EXPECT_EQ(client.get("/missing").status, 404);
  EXPECT_EQ(client.get("/file.txt", "X: " + std::string(256, 'x') + "\r\n").status, 431);
}

TEST_F(ServerTest, ATimeWithoutEndIsNotOver) {
  Options wanted = options();
  Limits& limits = wanted.limits;
  limits.head_timeout_ms = limits.idle_timeout_ms = UINT64_MAX;
  limits.send_progress_timeout_ms = limits.stalled_pipe_ms = UINT64_MAX;
  limits.open_file_ttl_ms = UINT64_MAX;
  Server server(wanted);
  server.start();
  HttpClient client(server.addresses()[0]);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.get("/file.txt").body, "content");
    std::this_thread::sleep_for(std::chrono::milliseconds(40));
  }
  EXPECT_EQ(server.stats().clients_timed_out, 0u);
}

TEST_F(ServerTest, AnIdleClientIsLetGo) {
  Options wanted = options();
  wanted.limits.idle_timeout_ms = 50;
  Server server(wanted);
  server.start();
  HttpClient client(server.addresses()[0]);
  EXPECT_EQ(client.get("/file.txt").status, 200);
  EXPECT_TRUE(client.ended());
}

TEST_F(ServerTest, AFileIsServedAsItIsNow) {
  Server server(options());
  server.start();
  HttpClient client(server.addresses()[0]);
  for (const char* content : {"first", "and then", "last of all"}) {
    directory_.write("file.txt", content);
    EXPECT_EQ(client.get("/file.txt").body, content);
    EXPECT_EQ(client.get("/file.txt").body, content);
  }
  std::filesystem::remove(directory_.path_of("file.txt"));
  EXPECT_EQ(client.get("/file.txt").status, 404);
}

}  // namespace
}  // namespace sluice
