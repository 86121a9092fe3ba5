// A warm server asks the heap for nothing, whatever is requested on connections that stay.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <semaphore>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/server.h>

#include "allocation/heap_watch.h"
#include "server/http_client.h"
#include "server/server_fixture.h"

namespace sluice {
namespace {

constexpr char kShardThread[] = "sluice-shard";
constexpr size_t kClients = 8;
constexpr size_t kWarmUpClients = 2 * kClients;
constexpr uint64_t kWarmUpRequests = 800;
constexpr uint64_t kRequests = 3000;
constexpr uint64_t kUsualTtlMs = 1'000;
constexpr uint64_t kShortTtlMs = 5;  // files are closed and opened again all the time

struct Exchange {
  std::string request;
  int status;
  size_t body_bytes = 0;
  bool to_head = false;
};

std::string get(std::string_view target, std::string_view fields = {}) {
  std::string request = "GET ";
  return request.append(target).append(" HTTP/1.1\r\nHost: test\r\n").append(fields).append("\r\n");
}

// "wonder land", by htpasswd(1) at its lowest cost.
constexpr char kPasswords[] =
    "alice:$2y$04$b783PI7yX.NmDs3KK1QeDOzcbjkO75n1a7WwP21t1fOXS7BQqxin6\n";
constexpr char kAlice[] = "Authorization: Basic YWxpY2U6d29uZGVyIGxhbmQ=\r\n";

// Some of each kind, and more that match nothing.
void add_rules(Site& site, const std::string& passwords) {
  HeaderRule everywhere;
  everywhere.preset = HeaderPreset::kSecurity;
  HeaderRule scripts;
  scripts.path = "*.js";
  scripts.set = {{"Cache-Control", "no-cache"}};
  scripts.remove = {"Server"};
  site.headers = {everywhere, scripts};
  site.redirects.push_back({.from = "/old/**", .prefix = "", .to = "/$1", .status = 302});
  site.rewrites.push_back({.from = "/app/*/**", .prefix = "", .to = "/$2"});
  site.auth.push_back({.path = "/private/**", .htpasswd = passwords});
  for (int i = 0; i < 100; ++i) {
    const std::string place = "/nobody-" + std::to_string(i) + "/**";
    site.redirects.push_back({.from = place, .prefix = "", .to = "/"});
    scripts.path = place;
    site.headers.push_back(scripts);
  }
}

std::vector<Exchange> all_exchanges() {
  return {
      {get("/1KiB"), 200, 1024},
      {get("/64KiB.js"), 200, 64 * 1024},
      {get("/a/rather/long/path/to/1MiB.bin"), 200, 1024 * 1024},
      {get("/empty.css"), 200, 0},
      {get("/link-to-64KiB.js"), 200, 64 * 1024},
      {get("/folder/with/an/"), 200, 3000},
      {get("/changing.html"), 200, 100},
      {"HEAD /64KiB.js HTTP/1.1\r\nHost: test\r\n\r\n", 200, 0, true},
      {get("/64KiB.js", "Range: bytes=100-4199\r\n"), 206, 4100},
      {get("/64KiB.js", "Range: bytes=100000-\r\n"), 416},
      {"GET /1KiB HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, 1024},
      {get("/missing"), 404},
      {get("/a/rather/long/path/that/leads/nowhere/at/all.html"), 404},
      {get("/.hidden"), 404},
      {get("/folder/without/"), 403},
      {get("/folder/with/an?query"), 301},
      {get("/64KiB.js", "Accept-Encoding: br\r\n"), 200, 500},
      {get("/1KiB", "If-None-Match: *\r\n"), 304, 0, true},
      {get("/old/1KiB"), 302},
      {get("/app/any/1KiB"), 200, 1024},
      {get("/private/one.txt"), 401},
      {get("/private/one.txt", kAlice), 200, 3},
      {"POST /1KiB HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello", 405},
  };
}

class KeepAliveAllocationTest : public ServerFixture, public testing::WithParamInterface<uint64_t> {
 protected:
  KeepAliveAllocationTest() {
    directory_.write("1KiB", std::string(1024, 'a'));
    directory_.write("64KiB.js", std::string(64 * 1024, 'b'));
    directory_.write("a/rather/long/path/to/1MiB.bin", std::string(1024 * 1024, 'c'));
    directory_.write("64KiB.js.br", std::string(500, 'z'));
    directory_.write("private/one.txt", "one");
    directory_.write("passwords", kPasswords);
    directory_.write("empty.css", "");
    directory_.write("folder/with/an/index.html", std::string(3000, 'd'));
    directory_.write("folder/without/one.txt", "e");
    directory_.write("changing.html", std::string(100, 'f'));
    std::filesystem::create_symlink("64KiB.js", directory_.path_of("link-to-64KiB.js"));
  }

  void SetUp() override {
    if (!heap_is_watched()) GTEST_SKIP() << "a sanitizer has a malloc of its own";
    Options wanted = options();
    wanted.limits.open_file_ttl_ms = GetParam();
    add_rules(wanted.sites[0], directory_.path_of("passwords"));
    wanted.limits.connection_count = kWarmUpClients;
    // Called by the server's thread when the last client of the warm-up has been accepted.
    wanted.log = [this](std::string_view) {
      if (held_.exchange(true)) return;
      let_go_.acquire();
    };
    server_ = std::make_unique<Server>(wanted);
    server_->start();
  }

  void TearDown() override { let_go_.release(); }

  void connect(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      clients_.push_back(std::make_unique<HttpClient>(server_->addresses()[0]));
    }
  }

  void send_all(std::string_view bytes) {
    for (const auto& client : clients_) client->send(bytes);
  }

  void expect_all(const std::vector<Exchange>& exchanges) {
    for (const auto& client : clients_) {
      for (const Exchange& exchange : exchanges) {
        const HttpResponse response = client->read(exchange.to_head);
        EXPECT_EQ(response.status, exchange.status) << exchange.request;
        if (exchange.status < 300) {
          EXPECT_EQ(response.body.size(), exchange.body_bytes);
        }
        ++answered_;
      }
    }
  }

  // The requests of all clients at once, one client's one behind the other.
  void ask_pipelined(const std::vector<Exchange>& exchanges) {
    std::string requests;
    for (const Exchange& exchange : exchanges) requests += exchange.request;
    send_all(requests);
    expect_all(exchanges);
  }

  void ask_in_two_pieces(const Exchange& exchange, useconds_t pause_us) {
    const std::string_view request = exchange.request;
    send_all(request.substr(0, request.size() / 2));
    usleep(pause_us);
    send_all(request.substr(request.size() / 2));
    expect_all({exchange});
  }

  void ask_for_everything() {
    directory_.write("changing.html", std::string(100, 'f'));
    const std::vector<Exchange> exchanges = all_exchanges();
    for (const Exchange& exchange : exchanges) ask_pipelined({exchange});
    ask_pipelined({exchanges[0], exchanges[1]});
    ask_in_two_pieces(exchanges[0], 500);
    ask_in_two_pieces({get("/1KiB", "X-Long: " + std::string(9000, 'x') + "\r\n"), 200, 1024}, 500);
  }

  // Twice as many clients as later do everything, and all of them do the same at the same time: so
  // much of anything is not needed again.
  void warm_up() {
    connect(kWarmUpClients);
    wait_until([&] { return held_.load(); });
    std::string requests;
    for (const Exchange& exchange : all_exchanges()) requests += exchange.request;
    send_all(requests);
    let_go_.release();
    expect_all(all_exchanges());
    ask_in_two_pieces(all_exchanges()[0], 100'000);
    while (answered_ < kWarmUpRequests) ask_for_everything();
    clients_.resize(kClients);
    wait_until([&] { return server_->stats().connections_open == kClients; });
  }

  std::atomic<bool> held_ = false;  // true from when the server's thread first waited to be let go
  std::counting_semaphore<> let_go_{0};
  std::unique_ptr<Server> server_;
  std::vector<std::unique_ptr<HttpClient>> clients_;
  uint64_t answered_ = 0;
};

TEST_P(KeepAliveAllocationTest, AWarmServerAllocatesNothing) {
  warm_up();
  answered_ = 0;
  const HeapWatch watch(kShardThread);
  while (answered_ < kRequests) ask_for_everything();
  EXPECT_EQ(watch.allocation_count(), 0u) << "in " << answered_ << " requests\n"
                                          << watch.describe();
  EXPECT_EQ(server_->stats().connections_accepted, kWarmUpClients) << "they were kept alive";
}

// The negative control: what is not warm allocates, and is seen to.
TEST_P(KeepAliveAllocationTest, AColdServerAllocates) {
  const HeapWatch watch(kShardThread);
  connect(2);
  ask_for_everything();
  EXPECT_GT(watch.allocation_count(), 10u);
}

INSTANTIATE_TEST_SUITE_P(OpenFileTtlMs, KeepAliveAllocationTest,
                         testing::Values(kUsualTtlMs, kShortTtlMs),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace sluice
