// Which requests a handler is asked, and what it is told of them.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include <sluice/handler.h>
#include <sluice/server.h>

#include "server/handler_fixture.h"

namespace sluice {
namespace {

class HandlerRoutingTest : public HandlerFixture {
 protected:
  // A handler that says who it is, and what the request says.
  static Handler named(std::string name) {
    return [name](Request& request) -> Task<Response> {
      std::string text = name + "|" + std::string(request.method()) + "|";
      text.append(request.path()).append("|").append(request.rest()).append("|");
      text.append(request.query());
      co_return Response::text(std::move(text));
    };
  }

  HttpResponse ask(std::string_view method, std::string_view target, std::string_view fields = {}) {
    HttpClient client = connect();
    client.send(std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" +
                std::string(fields) + "\r\n");
    return client.read();
  }
};

TEST_F(HandlerRoutingTest, TheLongestPrefixOfAHandlerOrAMountWins) {
  directory_.write("mounted/deep/x", "file");
  Mount mount;
  mount.root = directory_.path_of("mounted");
  mount.path = "/m";
  options_.sites[0].mounts.push_back(mount);
  mount.path = "/api/files/";
  options_.sites[0].mounts.push_back(mount);
  route("/api", named("api"));
  route("/api/v2/", named("v2"));
  route("/m/deep", named("deep"));
  route("/api/files", named("tie"));
  start();
  struct Case {
    std::string_view target;
    std::string_view answer;
  };
  for (const Case& c : {
           Case{"/api", "api|GET|/api||"},
           Case{"/api/", "api|GET|/api/||"},
           Case{"/api/x", "api|GET|/api/x|x|"},
           Case{"/api/x/?q=1&r", "api|GET|/api/x/|x/|q=1&r"},
           Case{"/api/a%20b%2Fc?%20", "api|GET|/api/a b/c|a b/c|%20"},
           Case{"/api/../api/./y", "api|GET|/api/y|y|"},
           Case{"/api/v2", "v2|GET|/api/v2||"},
           Case{"/api/v2/z", "v2|GET|/api/v2/z|z|"},
           Case{"/api/v22", "api|GET|/api/v22|v22|"},
           Case{"/api/files/deep/x", "tie|GET|/api/files/deep/x|deep/x|"},
           Case{"/m/deep/x", "deep|GET|/m/deep/x|x|"},
           Case{"/file.txt", "content"},
       }) {
    EXPECT_EQ(ask("GET", c.target).body, c.answer) << c.target;
  }
  EXPECT_EQ(ask("GET", "/apix").status, 404);
  EXPECT_EQ(ask("GET", "/m/file").status, 404);
}

TEST_F(HandlerRoutingTest, AMountBelowAHandlerAnswersItself) {
  directory_.write("mounted/x", "file");
  Mount mount;
  mount.root = directory_.path_of("mounted");
  mount.path = "/static";
  options_.sites[0].mounts.push_back(mount);
  route("/", named("all"));
  start();
  EXPECT_EQ(ask("GET", "/static/x").body, "file");
  EXPECT_EQ(ask("GET", "/file.txt").body, "all|GET|/file.txt|file.txt|");
  EXPECT_EQ(ask("GET", "/").body, "all|GET|/||");
}

TEST_F(HandlerRoutingTest, EveryMethodIsForTheHandlerButTwo) {
  route("/api", named("api"));
  start();
  for (const std::string_view method : {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    EXPECT_EQ(ask(method, "/api").body, "api|" + std::string(method) + "|/api||");
  }
  EXPECT_EQ(ask("TRACE", "/api").status, 405);
  EXPECT_EQ(ask("POST", "/file.txt").status, 405);
}

TEST_F(HandlerRoutingTest, RulesComeFirst) {
  options_.sites[0].redirects.push_back({.from = "/api/old", .prefix = "", .to = "/api/new"});
  options_.sites[0].rewrites.push_back({.from = "/short/*", .prefix = "", .to = "/api/long/$1"});
  HeaderRule rule;
  rule.path = "/api/**";
  rule.preset = HeaderPreset::kCors;
  rule.set = {{"X-Rule", "yes"}};
  options_.sites[0].headers.push_back(rule);
  route("/api", named("api"));
  start();
  EXPECT_EQ(field(ask("GET", "/api/old"), "Location"), "/api/new");
  EXPECT_EQ(ask("POST", "/short/x?q").body, "api|POST|/api/long/x|long/x|q");
  EXPECT_EQ(field(ask("GET", "/api/x"), "X-Rule"), "yes");
  HttpClient client = connect();
  client.send(
      "OPTIONS /api/x HTTP/1.1\r\nHost: test\r\nOrigin: http://a\r\n"
      "Access-Control-Request-Method: PUT\r\n\r\n");
  EXPECT_EQ(client.read(true).status, 204);
}

TEST_F(HandlerRoutingTest, PasswordsAreAskedForByWhateverPath) {
  directory_.write("users", "a:$2b$04$abcdefghijklmnopqrstuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu\n");
  options_.sites[0].auth.push_back(
      {.path = "/api/secret/**", .htpasswd = directory_.path_of("users")});
  options_.sites[0].rewrites.push_back({.from = "/way/*", .prefix = "", .to = "/api/secret/$1"});
  route("/api", named("api"));
  start();
  EXPECT_EQ(ask("POST", "/api/secret/x").status, 401);
  EXPECT_EQ(ask("GET", "/way/x").status, 401);
  EXPECT_EQ(ask("GET", "/api/x").status, 200);
}

TEST_F(HandlerRoutingTest, WhereThereIsNoRootTheRestIsMissing) {
  options_.sites[0].root = "";
  route("/api", named("api"));
  start();
  EXPECT_EQ(ask("GET", "/api").status, 200);
  EXPECT_EQ(ask("GET", "/").status, 404);
  EXPECT_EQ(ask("GET", "/file.txt").status, 404);
  EXPECT_EQ(ask("POST", "/file.txt").status, 405);
}

TEST_F(HandlerRoutingTest, RequestsShowTheirFields) {
  route("/", [](Request& request) -> Task<Response> {
    std::string text(request.host());
    text.append("|").append(request.header("x-one").value_or("absent"));
    text.append("|").append(request.header("X-Two").value_or("absent"));
    co_return Response::text(std::move(text));
  });
  start();
  EXPECT_EQ(get("/", "X-One: a\r\nx-one: b\r\n").body, "test|a|absent");
}

TEST_F(HandlerRoutingTest, ServerRouteIsTheFirstSites) {
  Server server(options_);
  server.route("/time", named("time"));
  server.start();
  EXPECT_EQ(HttpClient(server.addresses()[0]).get("/time/now").body, "time|GET|/time/now|now|");
}

TEST_F(HandlerRoutingTest, NothingIsRoutedWhileTheServerRuns) {
  Server server(options_);
  server.start();
  const auto refusal = [](auto&& call) {
    try {
      call();
    } catch (const StartError& error) {
      EXPECT_EQ(error.kind(), StartError::Kind::kUsage);
      return error.option();
    }
    return std::string("none");
  };
  EXPECT_EQ(refusal([&] { server.route("/late", named("late")); }), "sites[0].handlers");
  EXPECT_EQ(refusal([&] { server.start(); }), "");
  EXPECT_EQ(HttpClient(server.addresses()[0]).get("/late").status, 404);
  EXPECT_EQ(HttpClient(server.addresses()[0]).get("/file.txt").body, "content");
  EXPECT_TRUE(server.stop(10'000));
  server.route("/late", named("late"));
  server.start();
  EXPECT_EQ(HttpClient(server.addresses()[0]).get("/late").body, "late|GET|/late||");
}

TEST(HandlerOptionsTest, PrefixesArePlainAndDifferent) {
  const Handler handler = [](Request&) -> Task<Response> { co_return Response(); };
  struct Case {
    std::string_view prefix;
    std::string_view option;
  };
  for (const Case& c : {
           Case{"/api", ""},
           Case{"/", ""},
           Case{"/a b", ""},
           Case{"", "sites[0].handlers[0].prefix"},
           Case{"api", "sites[0].handlers[0].prefix"},
           Case{"//", "sites[0].handlers[0].prefix"},
           Case{"/a//b", "sites[0].handlers[0].prefix"},
           Case{"/a/../b", "sites[0].handlers[0].prefix"},
           Case{"/a/.", "sites[0].handlers[0].prefix"},
           Case{"/twice/", "sites[0].handlers[1].prefix"},
       }) {
    Options options;
    options.sites[0].root = "";
    options.sites[0].handlers.push_back({std::string(c.prefix), handler});
    options.sites[0].handlers.push_back({"/twice", handler});
    const auto problems = find_problems(options);
    EXPECT_EQ(problems.empty() ? "" : problems[0].option, c.option) << c.prefix;
  }
}

TEST(HandlerOptionsTest, WithoutHandlersThereMustBeARoot) {
  Options options;
  options.sites[0].root = "";
  ASSERT_FALSE(find_problems(options).empty());
  EXPECT_EQ(find_problems(options)[0].option, "sites[0].root");
  options.sites[0].handlers.push_back({"/", Handler()});
  ASSERT_FALSE(find_problems(options).empty());
  EXPECT_EQ(find_problems(options)[0].option, "sites[0].handlers[0].handler");
}

}  // namespace
}  // namespace sluice
