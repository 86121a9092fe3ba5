// More clients than there is room for, and how room is measured.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/server.h>

#include "server/http_client.h"
#include "server/server_fixture.h"

namespace sluice {
namespace {

class ServerLimitsTest : public ServerFixture {
 protected:
  // Options whose log goes to log().
  Options logged_options() {
    Options logged = options();
    logged.log = [this](std::string_view line) {
      const std::scoped_lock lock(mutex_);
      log_.append(line).append("\n");
    };
    return logged;
  }

  std::string log() {
    const std::scoped_lock lock(mutex_);
    return log_;
  }

  // Connects and asks, without waiting for an answer.
  void connect(const Server& server) {
    clients_.push_back(std::make_unique<HttpClient>(server.addresses()[0]));
    clients_.back()->send_get("/file.txt");
  }

  std::mutex mutex_;
  std::string log_;
  std::vector<std::unique_ptr<HttpClient>> clients_;
};

TEST_F(ServerLimitsTest, OneConnectionTooManyWaitsForItsTurn) {
  Options wanted = logged_options();
  wanted.limits.connection_count = 3;
  Server server(wanted);
  server.start();
  for (int i = 0; i < 3; ++i) {
    connect(server);
    EXPECT_EQ(clients_.back()->read().body, "content");
  }
  connect(server);
  wait_until([&] { return server.stats().connection_limit_hits == 1; });
  wait_until([&] { return !log().empty(); });
  EXPECT_NE(log().find("3 are open"), std::string::npos) << log();
  EXPECT_EQ(server.stats().connections_open, 3u);
  EXPECT_EQ(server.stats().requests, 3u);
  EXPECT_EQ(clients_[1]->get("/file.txt").body, "content");  // who is in goes on

  clients_.erase(clients_.begin());
  EXPECT_EQ(clients_.back()->read().body, "content");
}

TEST_F(ServerLimitsTest, AQueueOfClientsIsServedOneByOne) {
  Options wanted = logged_options();
  wanted.limits.connection_count = 1;
  Server server(wanted);
  server.start();
  for (int i = 0; i < 20; ++i) connect(server);
  while (!clients_.empty()) {
    EXPECT_EQ(clients_.front()->read().body, "content");
    EXPECT_LE(server.stats().connections_open, 1u);
    clients_.erase(clients_.begin());
  }
}

// Lowers the limit of open files as long as it lives.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t soft) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit lowered{soft, before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &lowered), 0);
  }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

// The clients are in this process, so their sockets count too: that is what the room which the
// server leaves to its program is for.
TEST_F(ServerLimitsTest, FewDescriptorsMeanFewConnectionsNotFailures) {
  const DescriptorLimit limit(64);
  Options wanted = logged_options();
  Server server(wanted);
  server.start();
  for (int i = 0; i < 20 && server.stats().connection_limit_hits == 0; ++i) {
    connect(server);
    wait_until([&] {
      return server.stats().requests == clients_.size() || server.stats().connection_limit_hits > 0;
    });
  }
  const Stats stats = server.stats();
  EXPECT_EQ(stats.connection_limit_hits, 1u);
  EXPECT_GE(stats.connections_open, 4u);
  EXPECT_LE(stats.connections_open, 32u);
  EXPECT_EQ(stats.accept_failures, 0u) << log();
  while (!clients_.empty()) {
    EXPECT_EQ(clients_.front()->read().body, "content");
    clients_.erase(clients_.begin());
  }
}

TEST_F(ServerLimitsTest, ALimitOfTheCallersIsOnlyEverLowered) {
  const DescriptorLimit limit(64);
  Options wanted = logged_options();
  wanted.limits.connection_count = 1'000'000;
  wanted.limits.open_file_count = 1'000'000;
  wanted.limits.pipe_count = 1'000'000;
  Server server(wanted);
  server.start();
  for (int i = 0; i < 20 && server.stats().connection_limit_hits == 0; ++i) {
    connect(server);
    EXPECT_EQ(clients_.back()->read().body, "content");
  }
  EXPECT_EQ(server.stats().accept_failures, 0u) << log();
}

TEST_F(ServerLimitsTest, NothingIsKeptWhereNothingMayBe) {
  Options wanted = options();
  wanted.limits.open_file_count = 0;
  wanted.limits.pipe_count = 0;  // one there must be
  Server server(wanted);
  server.start();
  HttpClient client(server.addresses()[0]);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.get("/file.txt").body, "content");
}

}  // namespace
}  // namespace sluice
