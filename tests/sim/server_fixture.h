// For tests of connections in slow motion: a simulated server without faults, and plain sockets as
// its clients.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>
#include <string_view>
#include <vector>

#include "sim/request_plan.h"
#include "sim/ring_fixture.h"
#include "sim/sim_server.h"
#include "sim/site.h"
#include "support/response_reader.h"

namespace sluice::sim {

// A client that a test moves by hand.
class HandMovedClient {
 public:
  explicit HandMovedClient(UniqueFd socket) : socket_(std::move(socket)) {}

  const UniqueFd& socket() const noexcept { return socket_; }
  void leave() noexcept { socket_.reset(); }

  // False when the server reads no more.
  bool send(std::string_view bytes) const {
    return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  void finish_sending() const { shutdown(socket_.get(), SHUT_WR); }

  // Takes what has arrived, at most `limit` bytes of it.
  void read(size_t limit = SIZE_MAX) {
    char buffer[65'536];
    while (limit > 0) {
      const size_t most = std::min(limit, sizeof buffer);
      const ssize_t received = recv(socket_.get(), buffer, most, MSG_DONTWAIT);
      if (received == 0) ended_ = true;
      if (received < 0 && errno != EAGAIN) reset_ = true;
      if (received <= 0) return;
      reader_.feed({buffer, static_cast<size_t>(received)});
      received_bytes_ += static_cast<uint64_t>(received);
      limit -= static_cast<size_t>(received);
    }
  }

  // What read() has seen: whole responses; the orderly end; a reset.
  const std::vector<ReceivedResponse>& responses() const { return reader_.complete(); }
  const testing_support::ResponseReader& reader() const noexcept { return reader_; }
  uint64_t received_bytes() const noexcept { return received_bytes_; }
  bool ended() const noexcept { return ended_; }
  bool was_reset() const noexcept { return reset_; }

 private:
  UniqueFd socket_;
  testing_support::ResponseReader reader_{{}};
  uint64_t received_bytes_ = 0;
  bool ended_ = false;
  bool reset_ = false;
};

class ServerTest : public testing::Test {
 protected:
  static constexpr uint64_t kTickMs = TimerWheel::kTickMs;

  explicit ServerTest(const Limits& limits = small_limits(), const FakeRing::Options& options = {},
                      std::vector<HandlerRoute> handlers = {})
      : limits_(limits),
        server_(Site::shared().root(), limits_, options, {}, std::move(handlers)) {}

  void TearDown() override {
    EXPECT_EQ(server_.ring().problem(), "");
    EXPECT_TRUE(server_.run_until([this] { return server_.over(); }, 1'000));
    if (server_.over()) {
      EXPECT_EQ(server_.what_is_left(), "");
    }
  }

  static Limits small_limits() {
    Limits limits;
    limits.pipe_count = 4;
    limits.pipe_bytes = 65'536;
    return limits;
  }

  // `send_buffer_bytes` is what the server's end of the connection holds; 0: the usual.
  HandMovedClient connect(int send_buffer_bytes = 0) {
    SocketPair pair = make_socket_pair();
    if (send_buffer_bytes > 0) {
      setsockopt(pair.server.get(), SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes,
                 sizeof send_buffer_bytes);
    }
    server_.serve(std::move(pair.server));
    server_.run_for(1);
    return HandMovedClient(std::move(pair.client));
  }

  uint64_t open_connections() const { return server_.counters().connections_open.value(); }

  // The time until the server has ended its last connection.
  uint64_t time_until_closed(uint64_t within_ms = 1'000'000) {
    const uint64_t began_ms = server_.ring().now_ms();
    EXPECT_TRUE(server_.run_until([this] { return server_.over(); }, within_ms));
    return server_.ring().now_ms() - began_ms;
  }

  static std::string get(std::string_view path, std::string_view fields = {}) {
    return "GET /" + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n";
  }

  static const SiteFile& file(std::string_view path) {
    for (const SiteFile& candidate : Site::shared().files()) {
      if (candidate.path == path) return candidate;
    }
    throw std::out_of_range(std::string(path));
  }

  const Limits limits_;
  SimServer server_;
};

}  // namespace sluice::sim
