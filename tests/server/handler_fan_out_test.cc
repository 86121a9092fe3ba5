// Content of a request, or what an upstream server sends, for a file and for others at once.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>

#include <sluice/handler.h>
#include <sluice/transfer.h>
#include <sluice/unique_fd.h>

#include "server/handler_fixture.h"
#include "support/connections.h"
#include "support/descriptors.h"
#include "support/random.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing_support::connect_ends;
using testing_support::drain;
using testing_support::Family;
using testing_support::feed;
using Connection = testing_support::Connection;  // and not the server's

std::string random_bytes(size_t count) {
  testing_support::Random random(count);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.next());
  return bytes;
}

std::string told(const TransferResult& result) {
  return result ? std::to_string(*result) : to_string(result.error());
}

class HandlerFanOutTest : public HandlerFixture {
 protected:
  // PUT /keep/NAME writes the content to a file, and to two clients, who are gone after it.
  void keep(Connection& fast, Connection& slow) {
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the server keeps it
    route("/keep", [this, &fast, &slow](Request& request) -> Task<Response> {
      const UniqueFd file = create(request.rest());
      Task<FanOutResult> moving =
          fan_out(Source::content(request.content()), Sink::file(file.get()),
                  {Sink::socket(fast.server.get()), Sink::socket(slow.server.get())});
      const FanOutResult moved = co_await moving;
      fast.server.reset();
      slow.server.reset();
      co_return Response(moved.file ? 201 : 500)
          .body(told(moved.file) + "|" + told(moved.followers[0]) + "|" + told(moved.followers[1]));
    });
  }

  UniqueFd create(std::string_view name) {
    const std::string path = directory_.path_of(std::string(name));
    return UniqueFd(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  }
  std::string content_of(const std::string& name) {
    return testing_support::content_of(directory_.path_of(name));
  }
  uint64_t size_of(const std::string& name) {
    const UniqueFd file(open(directory_.path_of(name).c_str(), O_RDONLY | O_CLOEXEC));
    return file ? static_cast<uint64_t>(lseek(file.get(), 0, SEEK_END)) : 0;
  }

  // Handlers refer to them for as long as the server lives.
  Connection one_ = connect_ends(Family::kTcp);
  Connection other_ = connect_ends(Family::kTcp);
};

TEST_F(HandlerFanOutTest, ContentReachesTheFileWhateverTheClientsDo) {
  const std::string content = random_bytes(24'000'000);
  Connection& fast = one_;
  Connection& slow = other_;
  keep(fast, slow);
  options_.limits.open_file_count = 0;
  start();
  const auto descriptors = testing_support::open_descriptors();
  {
    std::string received;
    std::thread reading([&] { received = drain(fast.client.get()); });
    HttpClient client = connect();
    client.send("PUT /keep/file HTTP/1.1\r\nHost: test\r\nContent-Length: " +
                std::to_string(content.size()) + "\r\n\r\n" + content);
    // The slow one has read nothing so far, and never would if the file waited for it.
    wait_until([&] { return size_of("file") == content.size(); });
    std::string late;
    std::thread reading_late([&] { late = drain(slow.client.get()); });
    const HttpResponse response = client.read();
    reading.join();
    reading_late.join();
    const std::string all = std::to_string(content.size());
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, all + "|" + all + "|" + all);
    EXPECT_TRUE(content_of("file") == content);
    EXPECT_TRUE(received == content);
    EXPECT_TRUE(late == content);
    // What came with the head has been in a buffer, and no more.
    EXPECT_LT(server_->stats().transfer.copied_body_bytes, content.size() / 4);
    // The connection stands where the content ends.
    client.send_get("/file.txt");
    EXPECT_EQ(client.read().body, "content");
  }
  wait_until([this] { return server_->stats().connections_open == 0; });
  EXPECT_EQ(server_->stats().transfer.pipes_in_use, 0U);
  // A connection is counted out before it is closed.
  wait_until([&descriptors] {
    return std::ranges::all_of(testing_support::open_descriptors(), [&descriptors](int fd) {
      return descriptors.contains(fd) || testing_support::is_pipe(fd);
    });
  });
}

TEST_F(HandlerFanOutTest, ChunksReachEverybody) {
  const std::string content = random_bytes(200'000);
  Connection& fast = one_;
  Connection& gone = other_;
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(gone.client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  gone.client.reset();
  keep(fast, gone);
  start();
  std::string received;
  std::thread reading([&] { received = drain(fast.client.get()); });
  HttpClient client = connect();
  std::string request =
      "PUT /keep/file HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (size_t at = 0; at < content.size(); at += 10'000) {
    request += "2710\r\n" + content.substr(at, 10'000) + "\r\n";
  }
  client.send(request + "0\r\n\r\n");
  const HttpResponse response = client.read();
  reading.join();
  EXPECT_EQ(response.status, 201);
  EXPECT_TRUE(response.body.starts_with("200000|200000|")) << response.body;
  EXPECT_NE(response.body.find("(sink, at byte"), std::string::npos) << response.body;
  EXPECT_TRUE(content_of("file") == content);
  EXPECT_TRUE(received == content);
}

TEST_F(HandlerFanOutTest, AClientThatVanishesIsTheSourcesFailure) {
  Connection& one = one_;
  Connection& other = other_;
  keep(one, other);
  start();
  std::string received;
  std::thread reading([&] { received = drain(one.client.get()); });
  {
    HttpClient client = connect();
    client.send("PUT /keep/file HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\n" +
                std::string(50'000, 'x'));
    wait_until([this] { return size_of("file") == 50'000; });
  }
  reading.join();  // the handler has given up
  EXPECT_EQ(received, std::string(50'000, 'x'));
  EXPECT_EQ(get("/file.txt").body, "content");
  wait_until([this] { return server_->stats().transfer.pipes_in_use == 0; });
}

TEST_F(HandlerFanOutTest, AResponseFollowsTheFile) {
  const std::string content = random_bytes(5'000'000);
  Connection& upstream = one_;
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the server keeps it
  route("/cache", [this, &upstream](Request&) -> Task<Response> {
    co_return Response().stream(
        // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the response has it
        [this, &upstream](ResponseStream& stream) -> Task<Result<void>> {
          const UniqueFd file = create("cached");
          Task<FanOutResult> moving = fan_out(Source::socket(upstream.server.get()),
                                              Sink::file(file.get()), {Sink::response(stream)});
          const FanOutResult moved = co_await moving;
          if (moved.file && moved.followers[0]) co_return Result<void>();
          co_return std::unexpected(Error{ErrorCode::kSystem, 0, "cache"});
        });
  });
  start();
  std::thread writing([&] {
    feed(upstream.client.get(), content);
    upstream.client.reset();
  });
  HttpClient client = connect();
  client.send_get("/cache");
  const HttpResponse response = client.read_chunked();
  writing.join();
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.body == content);
  EXPECT_TRUE(content_of("cached") == content);
  EXPECT_EQ(server_->stats().transfer.copied_body_bytes, 0U);
}

}  // namespace
}  // namespace sluice
