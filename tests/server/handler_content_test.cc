// Content of requests, as handlers read it.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include <sluice/handler.h>
#include <sluice/transfer.h>
#include <sluice/unique_fd.h>

#include "server/handler_fixture.h"

namespace sluice {
namespace {

constexpr uint64_t kLimitBytes = 100'000;

// Says how many pieces there were, and what they were together.
Task<Response> by_piece(Request& request) {
  std::string all;
  while (true) {
    Task<Result<std::string_view>> reading = request.content().read();
    const Result<std::string_view> piece = co_await reading;
    if (!piece) co_return Response(400).body(to_string(piece.error()));
    if (piece->empty()) break;
    all += *piece;
  }
  co_return Response().body(std::move(all));
}

Task<Response> at_once(Request& request) {
  Task<Result<std::string>> reading = request.content().read_all(kLimitBytes);
  Result<std::string> all = co_await reading;
  if (!all) co_return Response(all.error().code == ErrorCode::kExhausted ? 413 : 400);
  co_return Response().body(std::move(*all));
}

Task<Response> length_of(Request& request) {
  const auto length = request.content().length();
  co_return Response::text(length ? std::to_string(*length) : "unknown");
}

// The first bytes, by a transfer of its own, then the rest: "begin|rest".
Task<Response> in_two_parts(Request& request) {
  constexpr size_t kFirstBytes = 5;
  const UniqueFd file(memfd_create("first", MFD_CLOEXEC));
  Task<TransferResult> moving =
      transfer(Source::content(request.content()), Sink::file(file.get()), {.length = kFirstBytes});
  if (const TransferResult moved = co_await moving; !moved) {
    co_return Response(500).body(to_string(moved.error()));
  }
  std::string all(kFirstBytes, '\0');
  if (pread(file.get(), all.data(), all.size(), 0) != ssize_t{kFirstBytes}) co_return Response(500);
  Task<Result<std::string>> reading = request.content().read_all(kLimitBytes);
  const Result<std::string> rest = co_await reading;
  if (!rest) co_return Response(500).body(to_string(rest.error()));
  co_return Response().body(all + "|" + *rest);
}

class HandlerContentTest : public HandlerFixture {
 protected:
  HandlerContentTest() {
    route("/pieces", by_piece);
    route("/all", at_once);
    route("/length", length_of);
    route("/parts", in_two_parts);
    start();
  }

  static std::string post(std::string_view target, std::string_view content) {
    std::string request = "POST " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n";
    request += "Content-Length: " + std::to_string(content.size()) + "\r\n\r\n";
    return request.append(content);
  }

  static std::string post_chunked(std::string_view target, std::string_view chunks) {
    std::string request = "POST " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n";
    return (request += "Transfer-Encoding: chunked\r\n\r\n").append(chunks);
  }
};

TEST_F(HandlerContentTest, AllOfItWhateverItsFormAndSize) {
  HttpClient client = connect();
  for (const std::string_view target : {"/pieces", "/all"}) {
    for (const size_t size : {0, 1, 4096, 60'000, 100'000}) {
      std::string content;
      for (size_t i = 0; content.size() < size; ++i) content += std::to_string(i);
      content.resize(size);
      client.send(post(target, content));
      HttpResponse response = client.read();
      EXPECT_EQ(response.status, 200);
      EXPECT_EQ(response.body, content) << target << " " << size;
    }
    client.send(post_chunked(target, "3\r\none\r\n5;x=y\r\n, two\r\n0\r\n\r\n"));
    EXPECT_EQ(client.read().body, "one, two");
  }
}

TEST_F(HandlerContentTest, PipelinedRequestsAreNotMixedUp) {
  HttpClient client = connect();
  client.send(post("/all", "first") + post("/length", "second") + post("/pieces", "third"));
  EXPECT_EQ(client.read().body, "first");
  EXPECT_EQ(client.read().body, "6");
  EXPECT_EQ(client.read().body, "third");
}

TEST_F(HandlerContentTest, MoreThanTheLimitIsRefused) {
  HttpClient client = connect();
  client.send(post("/all", std::string(kLimitBytes, 'x')));
  EXPECT_EQ(client.read().status, 200);
  client.send(post("/all", std::string(kLimitBytes + 1, 'x')));
  EXPECT_EQ(client.read().status, 413);
  HttpClient other = connect();
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  other.send(post_chunked("/all", chunk + chunk + "0\r\n\r\n"));
  EXPECT_EQ(other.read().status, 413);
}

TEST_F(HandlerContentTest, WhatATransferHasLeftCanBeRead) {
  const std::string rest(60'000, 'x');
  HttpClient client = connect();
  client.send(post("/parts", "begin" + rest) + post("/length", "four"));
  EXPECT_EQ(client.read().body, "begin|" + rest);
  client.send(post_chunked("/parts", "3\r\nbeg\r\n9\r\nin, again\r\n0\r\n\r\n"));
  EXPECT_EQ(client.read().body, "4");
  EXPECT_EQ(client.read().body, "begin|, again");
}

TEST_F(HandlerContentTest, WhatATransferHasLeftInTheSocketCanBeRead) {
  HttpClient client = connect();
  client.send(
      "POST /parts HTTP/1.1\r\nHost: test\r\nContent-Length: 50005\r\n"
      "Expect: 100-continue\r\n\r\n");
  // None of it has come when it is asked for, so it is taken from the socket.
  EXPECT_EQ(client.read(true).status, 100);
  const std::string rest(50'000, 'x');
  client.send("begin" + rest);
  const HttpResponse response = client.read();
  EXPECT_EQ(response.body, "begin|" + rest);
  client.send(post("/length", "four"));
  EXPECT_EQ(client.read().body, "4");
}

TEST_F(HandlerContentTest, LengthIsKnownExceptForChunks) {
  EXPECT_EQ(get("/length").body, "0");
  HttpClient client = connect();
  client.send(post("/length", "four"));
  EXPECT_EQ(client.read().body, "4");
  client.send(post_chunked("/length", "4\r\nfour\r\n0\r\n\r\n"));
  EXPECT_EQ(client.read().body, "unknown");
}

TEST_F(HandlerContentTest, LeaveToSendIsGivenByTheFirstRead) {
  for (const std::string_view target : {"/pieces", "/all"}) {
    HttpClient client = connect();
    client.send("POST " + std::string(target) +
                " HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read(true).status, 100);
    client.send("four");
    EXPECT_EQ(client.read().body, "four");
  }
  HttpClient client = connect();
  client.send(
      "POST /length HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 200);
}

TEST_F(HandlerContentTest, AClientThatGoesAwayIsAnError) {
  {
    HttpClient client = connect();
    client.send("POST /pieces HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nfour");
  }
  wait_until([this] { return server_->stats().connections_open == 0; });
  EXPECT_EQ(get("/length").status, 200);
}

}  // namespace
}  // namespace sluice
