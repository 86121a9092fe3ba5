// Bodies that a handler writes piece by piece.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/handler.h>
#include <sluice/transfer.h>

#include "server/handler_fixture.h"

namespace sluice {
namespace {

Task<Result<void>> write_all(ResponseStream& stream, const std::vector<std::string>& pieces) {
  for (const std::string& piece : pieces) {
    Task<Result<void>> writing = stream.write(piece);
    if (const Result<void> written = co_await writing; !written) co_return written;
  }
  co_return Result<void>();
}

class HandlerStreamTest : public HandlerFixture {
 protected:
  void serve(StreamFunction write, std::optional<uint64_t> length = std::nullopt) {
    route("/", [write, length](Request&) -> Task<Response> {
      co_return Response().header("Content-Type", "text/plain").stream(write, length);
    });
    start();
  }

  void serve(std::vector<std::string> pieces, std::optional<uint64_t> length = std::nullopt) {
    serve([pieces](ResponseStream& stream) { return write_all(stream, pieces); }, length);
  }

  // Writes without end, and keeps why it could not go on.
  void serve_without_end(std::optional<Error>& ended) {
    serve([&ended](ResponseStream& stream) -> Task<Result<void>> {
      const std::string piece(100'000, 'x');
      while (true) {
        Task<Result<void>> writing = stream.write(piece);
        if (const Result<void> written = co_await writing; !written) {
          ended = written.error();
          co_return written;
        }
      }
    });
  }

  // The client has received part of a response, and that it is not the whole can be seen.
  void expect_cut_off(std::string_view fields = {}) {
    HttpClient client = connect();
    client.send_get("/", fields);
    EXPECT_THROW(client.read(), std::runtime_error);
  }
};

TEST_F(HandlerStreamTest, ChunksForEveryPiece) {
  serve({"one", "", std::string(70'000, 'x'), "z"});
  HttpClient client = connect();
  for (int i = 0; i < 3; ++i) {
    std::vector<size_t> sizes;
    client.send_get("/");
    const HttpResponse response = client.read_chunked(&sizes);
    EXPECT_EQ(response.body, "one" + std::string(70'000, 'x') + "z");
    EXPECT_EQ(sizes, (std::vector<size_t>{3, 70'000, 1}));
    EXPECT_EQ(field(response, "Content-Type"), "text/plain");
  }
}

TEST_F(HandlerStreamTest, NothingIsWritten) {
  serve(std::vector<std::string>());
  HttpClient client = connect();
  client.send_get("/");
  EXPECT_EQ(client.read_chunked().body, "");
  client.send_get("/");
  EXPECT_EQ(client.read_chunked().body, "");
}

TEST_F(HandlerStreamTest, AKnownLengthIsToldAndKept) {
  serve({"one", "two"}, 6);
  HttpClient client = connect();
  for (int i = 0; i < 2; ++i) {
    const HttpResponse response = client.get("/");
    EXPECT_EQ(field(response, "Content-Length"), "6");
    EXPECT_EQ(field(response, "Transfer-Encoding"), "");
    EXPECT_EQ(response.body, "onetwo");
  }
}

TEST_F(HandlerStreamTest, LessThanWasToldIsNotTakenForTheWhole) {
  serve({"one"}, 6);
  expect_cut_off();
}

TEST_F(HandlerStreamTest, MoreThanWasToldIsNotSent) {
  serve({"one", "two"}, 5);
  expect_cut_off();
}

TEST_F(HandlerStreamTest, TheEndOfTheConnectionForAnOldClient) {
  serve({"one", "two"});
  HttpClient client = connect();
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const HttpResponse response = client.read_to_the_end();
  EXPECT_EQ(response.body, "onetwo");
  EXPECT_EQ(field(response, "Transfer-Encoding"), "");
  EXPECT_EQ(field(response, "Connection"), "close");
}

TEST_F(HandlerStreamTest, AnOldClientStaysWhereTheLengthIsKnown) {
  serve({"one", "two"}, 6);
  HttpClient client = connect();
  for (int i = 0; i < 2; ++i) {
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(client.read().body, "onetwo");
  }
}

TEST_F(HandlerStreamTest, HeadCallsNobody) {
  bool called = false;
  serve([&called](ResponseStream&) -> Task<Result<void>> {
    called = true;
    co_return Result<void>();
  });
  HttpClient client = connect();
  for (int i = 0; i < 2; ++i) {
    client.send("HEAD / HTTP/1.1\r\nHost: test\r\n\r\n");
    const HttpResponse response = client.read(true);
    EXPECT_EQ(field(response, "Transfer-Encoding"), "chunked");
    EXPECT_EQ(field(response, "Content-Length"), "");
  }
  ASSERT_TRUE(server_->stop(60'000));
  EXPECT_FALSE(called);
}

TEST_F(HandlerStreamTest, HeadTellsTheLength) {
  serve({"one"}, 3);
  HttpClient client = connect();
  client.send("HEAD / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(field(client.read(true), "Content-Length"), "3");
  EXPECT_TRUE(client.ended());
}

TEST_F(HandlerStreamTest, AnErrorCutsTheConnectionOff) {
  for (const ErrorCode code : {ErrorCode::kSystem, ErrorCode::kPeerGone, ErrorCode::kTimedOut}) {
    options_.sites[0].handlers.clear();
    serve([code](ResponseStream& stream) -> Task<Result<void>> {
      Task<Result<void>> writing = stream.write("begun");
      co_await writing;
      co_return std::unexpected(Error{code, 0, "test"});
    });
    HttpClient client = connect();
    client.send_get("/");
    EXPECT_THROW(client.read_chunked(), std::runtime_error);
    server_.reset();
  }
}

TEST_F(HandlerStreamTest, AnExceptionCutsTheConnectionOff) {
  serve([](ResponseStream& stream) -> Task<Result<void>> {
    Task<Result<void>> writing = stream.write("begun");
    co_await writing;
    throw std::runtime_error("out of cheese");
  });
  HttpClient client = connect();
  client.send_get("/");
  EXPECT_THROW(client.read_chunked(), std::runtime_error);
  EXPECT_TRUE(logged("out of cheese"));
  EXPECT_EQ(server_->stats().responses_aborted, 1u);
}

TEST_F(HandlerStreamTest, AVanishedClientEndsTheFunction) {
  std::optional<Error> ended;
  serve_without_end(ended);
  {
    HttpClient client = connect();
    client.send_get("/");
    EXPECT_EQ(client.skip(1'000'000), 1'000'000u);
  }
  ASSERT_TRUE(server_->stop(60'000));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->code, ErrorCode::kPeerGone);
}

TEST_F(HandlerStreamTest, AClientThatTakesNothingTimesOut) {
  options_.limits.send_progress_timeout_ms = 100;
  std::optional<Error> ended;
  serve_without_end(ended);
  HttpClient client = connect();
  client.send_get("/");
  wait_until([this] { return server_->stats().clients_timed_out == 1; });
  ASSERT_TRUE(server_->stop(60'000));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->code, ErrorCode::kTimedOut);
}

TEST_F(HandlerStreamTest, FilesBetweenPieces) {
  const std::string large(500'000, 'y');
  directory_.write("large", large);
  for (const std::optional<uint64_t> length :
       {std::optional<uint64_t>(), std::optional<uint64_t>(5 + 500'000 + 7 + 3)}) {
    options_.sites[0].handlers.clear();
    serve(
        [this](ResponseStream& stream) -> Task<Result<void>> {
          const UniqueFd small(::open(directory_.path_of("file.txt").c_str(), O_RDONLY));
          const UniqueFd big(::open(directory_.path_of("large").c_str(), O_RDONLY));
          Task<Result<void>> first = stream.write("first");
          co_await first;
          for (const int fd : {big.get(), small.get()}) {
            Task<TransferResult> moving = transfer(Source::file(fd), Sink::response(stream));
            const TransferResult moved = co_await moving;
            if (!moved) co_return std::unexpected(moved.error().error);
          }
          Task<Result<void>> last = stream.write("end");
          co_return co_await last;
        },
        length);
    HttpClient client = connect();
    for (int i = 0; i < 2; ++i) {
      client.send_get("/");
      const HttpResponse response = length ? client.read() : client.read_chunked();
      EXPECT_EQ(response.body, "first" + large + "contentend");
    }
    server_.reset();
  }
}

}  // namespace
}  // namespace sluice
