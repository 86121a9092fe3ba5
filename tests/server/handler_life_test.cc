// Handlers that wait, while others are served and the server ends.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sluice/handler.h>
#include <sluice/transfer.h>
#include <sluice/unique_fd.h>

#include "server/handler_fixture.h"
#include "support/descriptors.h"

namespace sluice {
namespace {

// Opens for handlers, which wait at it, when a byte is written for each.
class Barrier {
 public:
  Barrier() {
    std::array<int, 2> ends;
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    read_end_ = UniqueFd(ends[0]);
    write_end_ = UniqueFd(ends[1]);
  }

  Task<TransferResult> wait(std::string& into) {
    ++waiting;
    return transfer(Source::pipe(read_end_.get()), Sink::string(into, 10), {.length = 1});
  }
  void open(size_t handlers) {
    const std::string bytes(handlers, '.');
    EXPECT_EQ(::write(write_end_.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }
  void close() { write_end_.reset(); }

  std::atomic<size_t> waiting = 0;

 private:
  UniqueFd read_end_;
  UniqueFd write_end_;
};

class HandlerLifeTest : public HandlerFixture {
 protected:
  HandlerLifeTest() {
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the server keeps it
    route("/wait", [this](Request& request) -> Task<Response> {
      const std::string rest(request.rest());
      std::string got;
      Task<TransferResult> waiting = barrier_.wait(got);
      const TransferResult moved = co_await waiting;
      if (!moved) co_return Response(503);
      co_return Response::text(rest + got);
    });
  }

  Barrier barrier_;
};

TEST_F(HandlerLifeTest, ManyWaitAtOnceAndNothingIsLeft) {
  constexpr size_t kHandlers = 100;
  options_.limits.open_file_count = 0;  // one that is kept would be closed some time
  start();
  const auto before = testing_support::open_descriptors();
  {
    std::vector<HttpClient> clients;
    for (size_t i = 0; i < kHandlers; ++i) {
      clients.push_back(connect());
      clients.back().send_get("/wait/" + std::to_string(i));
    }
    wait_until([this] { return barrier_.waiting == kHandlers; });
    EXPECT_EQ(get("/file.txt").body, "content");
    barrier_.open(kHandlers);
    for (size_t i = 0; i < kHandlers; ++i) {
      EXPECT_EQ(clients[i].read().body, std::to_string(i) + ".");
    }
  }
  wait_until([this] { return server_->stats().connections_open == 0; });
  wait_until([&before] { return testing_support::open_descriptors() == before; });
}

TEST_F(HandlerLifeTest, StoppingWaitsForHandlers) {
  start();
  HttpClient client = connect();
  client.send_get("/wait/x");
  wait_until([this] { return barrier_.waiting == 1; });
  bool stopped = false;
  std::thread stopping([this, &stopped] { stopped = server_->stop(60'000); });
  // Nobody else is let in any more.
  wait_until([this] {
    try {
      connect();
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  });
  barrier_.open(1);
  const HttpResponse response = client.read();
  EXPECT_EQ(response.body, "x.");
  EXPECT_EQ(field(response, "Connection"), "close");
  stopping.join();
  EXPECT_TRUE(stopped);
}

TEST_F(HandlerLifeTest, TheEndEndsTransfersOfHandlers) {
  start();
  HttpClient client = connect();
  client.send_get("/wait/x");
  wait_until([this] { return barrier_.waiting == 1; });
  bool stopped = false;
  for (int attempt = 0; attempt < 60 && !stopped; ++attempt) stopped = server_->stop(0);
  EXPECT_TRUE(stopped);
  if (!stopped) barrier_.open(1);
  EXPECT_TRUE(client.ended());
}

TEST_F(HandlerLifeTest, AClientThatVanishesMeanwhileHarmsNobody) {
  start();
  {
    HttpClient client = connect();
    client.send_get("/wait/x");
    wait_until([this] { return barrier_.waiting == 1; });
  }
  barrier_.open(1);
  wait_until([this] { return server_->stats().connections_open == 0; });
  EXPECT_EQ(get("/file.txt").body, "content");
}

}  // namespace
}  // namespace sluice
