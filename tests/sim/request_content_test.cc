// The content of requests, as handlers read it: in whatever pieces it comes, and where it ends.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <string>
#include <string_view>
#include <vector>

#include <sluice/handler.h>
#include <sluice/transfer.h>

#include "sim/server_fixture.h"
#include "support/random.h"

namespace sluice::sim {
namespace {

using testing_support::Random;

constexpr uint64_t kReadLimit = 1'000'000;

std::string name_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kPeerGone:
      return "gone";
    case ErrorCode::kTimedOut:
      return "timed out";
    case ErrorCode::kUnsupported:
      return "malformed";
    case ErrorCode::kExhausted:
      return "too long";
    default:
      return to_string(error);
  }
}

// What was read, or why it was not.
Task<Response> echo(Request& request) {
  Task<Result<std::string>> reading = request.content().read_all(kReadLimit);
  Result<std::string> content = co_await reading;
  if (!content) co_return Response::text(name_of(content.error()));
  co_return Response::text(std::move(*content));
}

// The same by way of a file, so that the rest is taken from the socket.
Task<Response> echo_by_file(Request& request) {
  UniqueFd file(memfd_create("content", MFD_CLOEXEC));
  Task<TransferResult> moving =
      transfer(Source::content(request.content()), Sink::file(file.get()));
  const TransferResult moved = co_await moving;
  if (!moved) co_return Response::text(name_of(moved.error().error));
  co_return Response().file(std::move(file));
}

Task<Response> ignore(Request& /*request*/) { co_return Response::text("ignored"); }

// One piece, and no more of it.
Task<Response> read_one(Request& request) {
  Task<Result<std::string_view>> reading = request.content().read();
  const Result<std::string_view> piece = co_await reading;
  co_return Response::text(piece ? std::string(*piece) : name_of(piece.error()));
}

std::vector<HandlerRoute> handlers() {
  return {{"/echo", echo}, {"/file", echo_by_file}, {"/ignore", ignore}, {"/one", read_one}};
}

std::string post(std::string_view path, std::string_view fields, std::string_view content = {}) {
  return "POST /" + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n" +
         std::string(content);
}

std::string with_length(std::string_view path, std::string_view content) {
  return post(path, "Content-Length: " + std::to_string(content.size()) + "\r\n", content);
}

std::string with_chunks(std::string_view path, std::string_view content, Random& random) {
  std::string body;
  while (!content.empty()) {
    const size_t bytes = std::min<size_t>(content.size(), random.between(1, 3'000));
    char size[32];
    std::snprintf(size, sizeof size, random.chance(0.3) ? "%zX;ext=\"1\"\r\n" : "%zx\r\n", bytes);
    body.append(size).append(content.substr(0, bytes)).append("\r\n");
    content.remove_prefix(bytes);
  }
  body += random.chance(0.5) ? "0\r\n\r\n" : "0\r\nTrailer: x\r\n\r\n";
  return post(path, "Transfer-Encoding: chunked\r\n", body);
}

std::string random_content(Random& random, size_t bytes) {
  std::string content(bytes, '\0');
  for (char& c : content) c = static_cast<char>(random.between(0, 255));
  return content;
}

class RequestContentTest : public ServerTest {
 protected:
  static Limits patient_limits() {
    Limits limits = small_limits();
    limits.receive_progress_timeout_ms = 1'000;
    return limits;
  }

  RequestContentTest() : ServerTest(patient_limits(), {}, handlers()) {}

  // Sends all in pieces, reading what is answered. Returns the responses.
  std::vector<ReceivedResponse> converse(std::string_view stream, Random& random,
                                         size_t most_bytes) {
    HandMovedClient client = connect();
    while (!stream.empty() && !client.ended()) {
      const std::string_view piece = stream.substr(0, random.between(1, most_bytes));
      if (client.send(piece)) stream.remove_prefix(piece.size());
      server_.run_for(random.chance(0.7) ? 1 : 0);
      client.read();
    }
    for (int i = 0; i < 20; ++i) {
      server_.run_for(1);
      client.read();
    }
    EXPECT_EQ(client.reader().problem(), "");
    return client.responses();
  }

  std::string only_answer(HandMovedClient& client) {
    server_.run_for(1);
    client.read();
    EXPECT_EQ(client.responses().size(), 1U);
    return client.responses().empty() ? "" : client.responses()[0].body;
  }
};

TEST_F(RequestContentTest, IsReadInWhateverPiecesItComes) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::string stream;
    std::vector<std::string> expected;
    for (size_t i = 0; i < 6; ++i) {
      const std::string content =
          random_content(random, random.pick<size_t>({0, 1, 100, 4'095, 4'096, 30'000}));
      const std::string_view path = random.pick<std::string_view>({"echo", "file"});
      stream +=
          random.chance(0.5) ? with_length(path, content) : with_chunks(path, content, random);
      expected.push_back(content);
      stream += get("one.txt");
      expected.push_back(file("one.txt").content);
    }
    const std::vector<ReceivedResponse> answers =
        converse(stream, random, random.pick<size_t>({10, 500, 5'000, 20'000}));
    ASSERT_EQ(answers.size(), expected.size());
    for (size_t i = 0; i < answers.size(); ++i) {
      EXPECT_EQ(answers[i].status, 200) << i;
      EXPECT_TRUE(answers[i].body == expected[i]) << i << " of " << answers[i].body.size();
    }
  }
}

TEST_F(RequestContentTest, LeaveToSendIsGivenByTheFirstRead) {
  for (const std::string_view path : {"echo", "file"}) {
    HandMovedClient client = connect();
    ASSERT_TRUE(client.send(post(path, "Content-Length: 5\r\nExpect: 100-continue\r\n")));
    server_.run_for(1);
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    std::string interim(100, '\0');
    interim.resize(static_cast<size_t>(std::max<ssize_t>(
        0, recv(client.socket().get(), interim.data(), interim.size(), MSG_DONTWAIT))));
    EXPECT_EQ(interim, kContinue);
    ASSERT_TRUE(client.send("12345" + get("one.txt")));
    server_.run_for(1);
    client.read();
    ASSERT_EQ(client.responses().size(), 2U);
    EXPECT_EQ(client.responses()[0].body, "12345");
  }
}

TEST_F(RequestContentTest, LeaveIsNotGivenWhereItIsNotNeeded) {
  HandMovedClient early = connect();
  ASSERT_TRUE(early.send(post("echo", "Content-Length: 5\r\nExpect: 100-continue\r\n", "12345")));
  EXPECT_EQ(only_answer(early), "12345");

  HandMovedClient unread = connect();
  ASSERT_TRUE(unread.send(post("ignore", "Content-Length: 5\r\nExpect: 100-continue\r\n")));
  EXPECT_EQ(only_answer(unread), "ignored");
  EXPECT_EQ(unread.responses()[0].field("Connection"), "close");
}

TEST_F(RequestContentTest, WhatNobodyReadIsSkipped) {
  Random random(1);
  const std::string content(50'000, 'c');
  for (const std::string& request :
       {with_length("ignore", content), with_chunks("ignore", content, random),
        with_length("one", content)}) {
    const std::vector<ReceivedResponse> answers = converse(request + get("one.txt"), random, 5'000);
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[1].body, file("one.txt").content);
  }
}

TEST_F(RequestContentTest, TooMuchThatNobodyReadEndsTheConnection) {
  HandMovedClient client = connect();
  const std::string length = std::to_string(limits_.unwanted_content_bytes + 1);
  ASSERT_TRUE(client.send(post("ignore", "Content-Length: " + length + "\r\n", "begin")));
  EXPECT_EQ(only_answer(client), "ignored");
  EXPECT_EQ(client.responses()[0].field("Connection"), "close");
}

TEST_F(RequestContentTest, MalformedChunksAreAnsweredWith400) {
  for (const std::string_view path : {"echo", "file", "ignore"}) {
    HandMovedClient client = connect();
    ASSERT_TRUE(client.send(post(path, "Transfer-Encoding: chunked\r\n", "3\r\nabcX\r\n")));
    server_.run_for(1);
    client.read();
    ASSERT_EQ(client.responses().size(), 1U) << path;
    EXPECT_EQ(client.responses()[0].status, 400) << path;
    EXPECT_EQ(client.responses()[0].field("Connection"), "close");
  }
}

// Writing each of them would cost more than receiving it.
TEST_F(RequestContentTest, SmallChunksAreTakenTogether) {
  std::string body;
  for (int i = 0; i < 2'000; ++i) body += "1\r\nx\r\n";
  HandMovedClient client = connect();
  ASSERT_TRUE(client.send(post("file", "Transfer-Encoding: chunked\r\n", body + "0\r\n\r\n")));
  EXPECT_EQ(only_answer(client), std::string(2'000, 'x'));
  EXPECT_LE(std::ranges::count(server_.ring().submitted(), IORING_OP_WRITE), 10);
}

TEST_F(RequestContentTest, AClientThatEndsTooEarlyIsGone) {
  for (const std::string_view path : {"echo", "file"}) {
    for (const std::string_view fields :
         {"Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n"}) {
      HandMovedClient client = connect();
      ASSERT_TRUE(client.send(post(path, fields, "5\r\nab")));
      server_.run_for(1);
      client.finish_sending();
      EXPECT_EQ(only_answer(client), "gone");
      EXPECT_EQ(client.responses()[0].field("Connection"), "close");
    }
  }
}

TEST_F(RequestContentTest, AClientThatSendsNothingForTooLongIsTimedOut) {
  for (const std::string_view path : {"echo", "file"}) {
    HandMovedClient client = connect();
    ASSERT_TRUE(client.send(post(path, "Content-Length: 9\r\n")));
    // A byte now and then is progress.
    for (int i = 0; i < 8; ++i) {
      server_.run_for(limits_.receive_progress_timeout_ms * 3 / 4);
      client.read();
      ASSERT_TRUE(client.responses().empty());
      ASSERT_TRUE(client.send("x"));
    }
    server_.run_for(limits_.receive_progress_timeout_ms + 2 * kTickMs);
    EXPECT_EQ(only_answer(client), "timed out");
  }
  EXPECT_EQ(server_.counters().clients_timed_out.value(), 2U);
}

TEST_F(RequestContentTest, AbortEndsWhoeverReads) {
  std::vector<HandMovedClient> clients;
  for (const std::string_view path : {"echo", "file"}) {
    for (const std::string_view fields : {"Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n",
                                          "Content-Length: 9\r\nExpect: 100-continue\r\n"}) {
      clients.push_back(connect());
      ASSERT_TRUE(clients.back().send(post(path, fields)));
      server_.run_for(1);
    }
  }
  server_.drain();
  server_.run_for(1);
  EXPECT_EQ(open_connections(), clients.size());
  server_.abort();
  EXPECT_LE(time_until_closed(), 5U);
}

}  // namespace
}  // namespace sluice::sim
