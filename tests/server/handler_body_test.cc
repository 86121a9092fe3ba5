// What a handler answers, and what the client receives.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sluice/handler.h>
#include <sluice/shared_memory.h>

#include "server/handler_fixture.h"

namespace sluice {
namespace {

class HandlerBodyTest : public HandlerFixture {
 protected:
  // A server of one handler that answers what `make` does.
  template <class Make>
  void serve(Make make) {
    route("/", [make](Request&) -> Task<Response> { co_return make(); });
    start();
  }

  HttpResponse head(std::string_view target) {
    HttpClient client = connect();
    client.send("HEAD " + std::string(target) +
                " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    HttpResponse response = client.read(true);
    EXPECT_TRUE(client.ended()) << "a response to HEAD has a body";
    return response;
  }

  UniqueFd open_file(const std::string& name, int flags) const {
    const std::string path = name.starts_with('/') ? name : directory_.path_of(name);
    return UniqueFd(::open(path.c_str(), flags | O_CLOEXEC));
  }
};

TEST_F(HandlerBodyTest, Text) {
  serve([] { return Response::text("grüße").header("X-One", "1").header("x-one", "2"); });
  const HttpResponse response = get("/");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "grüße");
  EXPECT_EQ(field(response, "Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(field(response, "Content-Length"), "7");
  EXPECT_EQ(field(response, "X-One"), "1");
  EXPECT_EQ(field(response, "x-one"), "2");
  EXPECT_EQ(field(response, "Server"), "sluice");
  EXPECT_NE(field(response, "Date"), "");
  const HttpResponse to_head = head("/");
  EXPECT_EQ(field(to_head, "Content-Length"), "7");
  EXPECT_EQ(field(to_head, "Content-Type"), "text/plain; charset=utf-8");
}

TEST_F(HandlerBodyTest, NothingButAStatus) {
  serve([] { return Response(201).header("Location", "/new"); });
  const HttpResponse response = get("/");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(field(response, "Content-Length"), "0");
  EXPECT_EQ(field(response, "Content-Type"), "");
}

TEST_F(HandlerBodyTest, LargeText) {
  std::string large;
  for (int i = 0; large.size() < 3'000'000; ++i) large += std::to_string(i);
  serve([large] { return Response().body(large); });
  HttpClient client = connect();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(client.get("/").body, large);
}

TEST_F(HandlerBodyTest, SharedMemory) {
  const auto memory = sluice::SharedMemory::copy_of("shared by all");
  ASSERT_TRUE(memory);
  serve([shared = *memory] { return Response().body(shared); });
  HttpClient client = connect();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(client.get("/").body, "shared by all");
  EXPECT_EQ(field(head("/"), "Content-Length"), "13");
}

TEST_F(HandlerBodyTest, EmptySharedMemory) {
  serve([] { return Response().body(sluice::SharedMemory()); });
  EXPECT_EQ(field(get("/"), "Content-Length"), "0");
}

TEST_F(HandlerBodyTest, RangesOfAFile) {
  struct Case {
    uint64_t offset;
    uint64_t length;
    int status;
    std::string_view body;
  };
  // "content"
  static constexpr Case kCases[] = {
      {0, kToTheEnd, 200, "content"},
      {3, kToTheEnd, 200, "tent"},
      {3, 2, 200, "te"},
      {7, kToTheEnd, 200, ""},
      {7, 0, 200, ""},
      {0, 0, 200, ""},
      {8, kToTheEnd, 500, {}},
      {0, 8, 500, {}},
      {1, UINT64_MAX - 1, 500, {}},
      {UINT64_MAX - 1, 2, 500, {}},
  };
  route("/", [this](Request& request) -> Task<Response> {
    const Case& c = kCases[std::stoul(std::string(request.rest()))];
    co_return Response().file(open_file("file.txt", O_RDONLY), c.offset, c.length);
  });
  start();
  for (size_t i = 0; i < std::size(kCases); ++i) {
    const Case& c = kCases[i];
    const HttpResponse response = get("/" + std::to_string(i));
    EXPECT_EQ(response.status, c.status) << c.offset << " " << c.length;
    if (c.status == 200) {
      EXPECT_EQ(response.body, c.body) << c.offset << " " << c.length;
    }
  }
}

TEST_F(HandlerBodyTest, WhatIsNoReadableFileIsAFailure) {
  static const std::vector<std::pair<std::string, int>> cases = {{".", O_RDONLY | O_DIRECTORY},
                                                                 {"/dev/zero", O_RDONLY},
                                                                 {"file.txt", O_WRONLY},
                                                                 {"file.txt", O_PATH},
                                                                 {"missing", O_RDONLY}};
  route("/", [this](Request& request) -> Task<Response> {
    const auto& [name, flags] = cases[std::stoul(std::string(request.rest()))];
    co_return Response().file(open_file(name, flags));
  });
  start();
  for (size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(get("/" + std::to_string(i)).status, 500) << cases[i].first;
  }
  EXPECT_TRUE(logged("the handler of '/': a body is no regular file"));
}

TEST_F(HandlerBodyTest, StatusesWithoutContent) {
  route("/", [](Request& request) -> Task<Response> {
    co_return Response(std::stoi(std::string(request.rest())))
        .header("ETag", "\"x\"")
        .body("not sent");
  });
  start();
  HttpClient client = connect();
  for (const int without : {204, 304, 205}) {
    client.send_get("/" + std::to_string(without));
    const HttpResponse response = client.read(true);
    EXPECT_EQ(response.status, without);
    EXPECT_EQ(field(response, "Content-Length"), without == 205 ? "0" : "");
    EXPECT_EQ(field(response, "ETag"), "\"x\"");
  }
  EXPECT_EQ(client.get("/200").body, "not sent");  // nothing was left between them
}

TEST_F(HandlerBodyTest, ErrorPagesAreTheSites) {
  directory_.write("404.html", "nothing here");
  options_.sites[0].error_pages[404] = "/404.html";
  route("/page", [](Request& request) -> Task<Response> {
    co_return Response::error(request.rest() == "a" ? 404 : 418).header("X-Why", "because");
  });
  route("/own", [](Request&) -> Task<Response> {
    Response response(404);
    response.header("Content-Type", "text/plain").body("my own");
    co_return response;
  });
  start();
  HttpResponse response = get("/page/a");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, "nothing here");
  EXPECT_EQ(field(response, "X-Why"), "because");
  response = get("/page/b");
  EXPECT_EQ(response.status, 418);
  EXPECT_EQ(field(response, "Content-Type"), "text/html; charset=utf-8");
  response = get("/own");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, "my own");
  EXPECT_EQ(field(response, "Content-Type"), "text/plain");
}

TEST_F(HandlerBodyTest, AnErrorOfAHandlerDoesNotEndTheConnection) {
  serve([] { return Response(400).body("no"); });
  HttpClient client = connect();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(client.get("/").status, 400);
}

}  // namespace
}  // namespace sluice
