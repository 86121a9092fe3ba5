// Files that handlers answer with.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <string_view>

#include <sluice/handler.h>

#include "server/handler_fixture.h"

namespace sluice {
namespace {

class StaticFilesTest : public HandlerFixture {
 protected:
  StaticFilesTest() {
    directory_.write("a/index.html", "index of a");
    directory_.write("a/x.txt", "0123456789");
    directory_.write("a/deep/y.txt", "deep");
    directory_.write("b/x.txt", "of b");
  }

  std::string path_of(std::string_view name) const { return directory_.path_of(name); }
};

TEST_F(StaticFilesTest, AsAMountWould) {
  route("/files", static_files(path_of("a")));
  start();
  HttpClient client = connect();
  EXPECT_EQ(client.get("/files/").body, "index of a");
  EXPECT_EQ(field(client.get("/files"), "Location"), "/files/");
  EXPECT_EQ(client.get("/files/deep/y.txt").body, "deep");
  EXPECT_EQ(field(client.get("/files/deep"), "Location"), "/files/deep/");
  EXPECT_EQ(client.get("/files/missing").status, 404);
  EXPECT_EQ(client.get("/files/../file.txt").body, "content");
  const HttpResponse whole = client.get("/files/x.txt");
  EXPECT_EQ(whole.body, "0123456789");
  const HttpResponse part = client.get("/files/x.txt", "Range: bytes=2-4\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(field(part, "Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(client.get("/files/x.txt", "Range: bytes=20-\r\n").status, 416);
  client.send_get("/files/x.txt", "If-None-Match: " + field(whole, "ETag") + "\r\n");
  EXPECT_EQ(client.read(true).status, 304);
  client.send("HEAD /files/x.txt HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_EQ(field(client.read(true), "Content-Length"), "10");
  client.send("POST /files/x.txt HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(client.read().status, 405);
}

TEST_F(StaticFilesTest, AtTheRootOfASiteWithoutOne) {
  options_.sites[0].root = "";
  route("/", static_files(path_of("a")));
  start();
  EXPECT_EQ(get("/").body, "index of a");
  EXPECT_EQ(get("/x.txt").body, "0123456789");
}

TEST_F(StaticFilesTest, AnotherHandlerAsksForThem) {
  route("/files", [files = static_files(path_of("a"))](Request& request) -> Task<Response> {
    if (request.rest() == "secret") co_return Response::error(403);
    Task<Response> asking = files(request);
    Response response = co_await asking;
    response.header("X-One", "1").header("Content-Type", "text/x");
    co_return response;
  });
  start();
  EXPECT_EQ(get("/files/secret").status, 403);
  const HttpResponse response = get("/files/x.txt");
  EXPECT_EQ(response.body, "0123456789");
  EXPECT_EQ(field(response, "X-One"), "1");
  EXPECT_EQ(field(response, "Content-Type"), "text/x");
  EXPECT_NE(field(response, "ETag"), "");
}

TEST_F(StaticFilesTest, OptionsAreThoseOfAMountThere) {
  Directory directory;
  directory.root = path_of("a");
  directory.fallback = "/app/index.html";
  directory.error_pages[404] = "/app/deep/y.txt";
  route("/app", static_files(directory));
  start();
  EXPECT_EQ(get("/app/client/route", "Accept: text/html\r\n").body, "index of a");
  const HttpResponse missing = get("/app/client/route", "Accept: image/png\r\n");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body, "deep");
}

// What is kept open of one that is gone is not taken for another's.
TEST_F(StaticFilesTest, MadeForEveryRequestAnew) {
  std::atomic<int> count = 0;
  route("/", [this, &count](Request& request) -> Task<Response> {
    const Handler files = static_files(path_of(++count % 2 == 1 ? "a" : "b"));
    Task<Response> asking = files(request);
    co_return co_await asking;
  });
  start();
  HttpClient client = connect();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client.get("/x.txt").body, i % 2 == 0 ? "0123456789" : "of b") << i;
  }
}

TEST_F(StaticFilesTest, PasswordsOfTheSiteAreAskedFor) {
  directory_.write("users", "a:$2b$04$abcdefghijklmnopqrstuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu\n");
  options_.sites[0].auth.push_back({.path = "/files/index.html", .htpasswd = path_of("users")});
  route("/files", static_files(path_of("a")));
  start();
  EXPECT_EQ(get("/files/").status, 401);
  EXPECT_EQ(get("/files/x.txt").status, 200);
}

TEST_F(StaticFilesTest, MistakesAreToldAtOnce) {
  EXPECT_THROW(static_files(path_of("missing")), StartError);
  EXPECT_THROW(static_files(std::string()), StartError);
  Directory directory;
  directory.root = path_of("a");
  directory.fallback_exclude = {"/**/**/*/*/*/*/*/*/*/*/*/*"};
  EXPECT_THROW(static_files(directory), StartError);
  directory.fallback_exclude.clear();
  directory.index = {"a/b"};
  try {
    static_files(directory);
    FAIL() << "nothing was thrown";
  } catch (const StartError& error) {
    EXPECT_EQ(error.option(), "index[0]");
  }
  directory.index.clear();
  directory.uploads = true;
  EXPECT_THROW(static_files(directory), StartError);
}

}  // namespace
}  // namespace sluice
