// A warm server asks the heap for nothing, whatever is requested on connections that stay.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <sluice/server.h>

#include "allocation/heap_watch.h"
#include "server/http_client.h"
#include "server/server_fixture.h"

namespace sluice {
namespace {

constexpr char kShardThread[] = "sluice-shard";
constexpr size_t kClients = 8;
constexpr int kOtherFiles = 50;
constexpr uint64_t kWarmUpRequests = 5000;
constexpr uint64_t kRequests = 3000;
constexpr uint64_t kUsualTtlMs = 1'000;
constexpr uint64_t kShortTtlMs = 5;  // files are closed and opened again all the time

std::string get(std::string_view target, std::string_view fields = {}) {
  std::string request = "GET ";
  return request.append(target).append(" HTTP/1.1\r\nHost: test\r\n").append(fields).append("\r\n");
}

class KeepAliveAllocationTest : public ServerFixture, public testing::WithParamInterface<uint64_t> {
 protected:
  KeepAliveAllocationTest() {
    directory_.write("1KiB", std::string(1024, 'a'));
    directory_.write("64KiB.js", std::string(64 * 1024, 'b'));
    directory_.write("a/rather/long/path/to/1MiB.bin", std::string(1024 * 1024, 'c'));
    directory_.write("empty.css", "");
    directory_.write("folder/with/an/index.html", std::string(3000, 'd'));
    directory_.write("folder/without/one.txt", "e");
    for (int i = 0; i < kOtherFiles; ++i) directory_.write("other/" + std::to_string(i), "o");
    std::filesystem::create_symlink("64KiB.js", directory_.path_of("link-to-64KiB.js"));
  }

  void SetUp() override {
    if (!heap_is_watched()) GTEST_SKIP() << "a sanitizer has a malloc of its own";
    Options wanted = options();
    wanted.limits.open_file_ttl_ms = GetParam();
    server_ = std::make_unique<Server>(wanted);
    server_->start();
  }

  void connect(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      clients_.push_back(std::make_unique<HttpClient>(server_->addresses()[0]));
    }
  }

  // Sends `request` on every connection, so that they are served side by side, and reads the
  // answers.
  void ask_all(std::string_view request, int status, size_t body_bytes, bool to_head = false) {
    for (const auto& client : clients_) client->send(request);
    for (const auto& client : clients_) expect(*client, status, body_bytes, to_head);
  }

  // As ask_all(), with a pause in mid-head.
  void ask_all_in_two_pieces(std::string_view request, int status, size_t body_bytes) {
    const size_t half = request.size() / 2;
    for (const auto& client : clients_) client->send(request.substr(0, half));
    usleep(500);
    for (const auto& client : clients_) client->send(request.substr(half));
    for (const auto& client : clients_) expect(*client, status, body_bytes);
  }

  void expect(HttpClient& client, int status, size_t body_bytes, bool to_head = false) {
    const HttpResponse response = client.read(to_head);
    EXPECT_EQ(response.status, status);
    if (status < 300) {
      EXPECT_EQ(response.body.size(), to_head ? 0 : body_bytes);
    }
    ++answered_;
  }

  void ask_for_files() {
    ask_all(get("/1KiB"), 200, 1024);
    ask_all(get("/64KiB.js"), 200, 64 * 1024);
    ask_all(get("/a/rather/long/path/to/1MiB.bin"), 200, 1024 * 1024);
    ask_all(get("/empty.css"), 200, 0);
    ask_all(get("/link-to-64KiB.js"), 200, 64 * 1024);
    ask_all(get("/folder/with/an/"), 200, 3000);
    ask_all("HEAD /64KiB.js HTTP/1.1\r\nHost: test\r\n\r\n", 200, 0, true);
    ask_all(get("/64KiB.js", "Range: bytes=100-4199\r\n"), 206, 4100);
    ask_all(get("/64KiB.js", "Range: bytes=100000-\r\n"), 416, 0);
    ask_all("GET /1KiB HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, 1024);
  }

  void ask_for_refusals() {
    ask_all(get("/missing"), 404, 0);
    ask_all(get("/a/rather/long/path/that/leads/nowhere/at/all.html"), 404, 0);
    ask_all(get("/.hidden"), 404, 0);
    ask_all(get("/folder/without/"), 403, 0);
    ask_all(get("/folder/with/an?query"), 301, 0);
    ask_all("POST /1KiB HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello", 405, 0);
  }

  void ask_in_odd_ways() {
    const std::string two = get("/1KiB") + get("/64KiB.js");
    for (const auto& client : clients_) client->send(two);
    for (const auto& client : clients_) {
      expect(*client, 200, 1024);
      expect(*client, 200, 64 * 1024);
    }
    ask_all_in_two_pieces(get("/1KiB"), 200, 1024);
    ask_all_in_two_pieces(get("/1KiB", "X-Long: " + std::string(9000, 'x') + "\r\n"), 200, 1024);
    directory_.write("changing.html", std::string(answered_ % 5000, 'f'));
    ask_all(get("/changing.html"), 200,
            std::filesystem::file_size(directory_.path_of("changing.html")));
  }

  // Many files that are open at the same time.
  void ask_for_other_files() {
    std::string requests;
    for (int i = 0; i < kOtherFiles; ++i) requests += get("/other/" + std::to_string(i));
    for (const auto& client : clients_) client->send(requests);
    for (const auto& client : clients_) {
      for (int i = 0; i < kOtherFiles; ++i) expect(*client, 200, 1);
    }
  }

  void ask_for_everything() {
    ask_for_files();
    ask_for_refusals();
    ask_in_odd_ways();
  }

  std::unique_ptr<Server> server_;
  std::vector<std::unique_ptr<HttpClient>> clients_;
  uint64_t answered_ = 0;
};

TEST_P(KeepAliveAllocationTest, AWarmServerAllocatesNothing) {
  // With more clients and files than later: what then happens at once by chance has happened
  // before.
  connect(2 * kClients);
  for (int round = 0; round < 5; ++round) ask_for_other_files();
  while (answered_ < kWarmUpRequests) ask_for_everything();
  clients_.resize(kClients);
  wait_until([&] { return server_->stats().connections_open == kClients; });

  answered_ = 0;
  const HeapWatch watch(kShardThread);
  while (answered_ < kRequests) ask_for_everything();
  EXPECT_EQ(watch.allocation_count(), 0u) << "in " << answered_ << " requests\n"
                                          << watch.describe();
  EXPECT_EQ(server_->stats().connections_accepted, 2 * kClients) << "they were kept alive";
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
