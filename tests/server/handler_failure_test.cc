// What a handler does wrong, and what becomes of it.
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sluice/handler.h>

#include "server/handler_fixture.h"

namespace sluice {
namespace {

class HandlerFailureTest : public HandlerFixture {};

Task<Response> inner(std::string_view kind) {
  if (kind == "runtime") throw std::runtime_error("out of cheese");
  if (kind == "memory") throw std::bad_alloc();
  if (kind == "other") throw 42;  // NOLINT(hicpp-exception-baseclass): what a program may do
  co_return Response::text("fine");
}

TEST_F(HandlerFailureTest, AnExceptionIsA500AndTheConnectionStays) {
  directory_.write("500.html", "sorry");
  options_.sites[0].error_pages[500] = "/500.html";
  route("/", [](Request& request) -> Task<Response> {
    Task<Response> asking = inner(request.rest());
    co_return co_await asking;
  });
  start();
  HttpClient client = connect();
  for (const std::string_view kind : {"/runtime", "/memory", "/other"}) {
    const HttpResponse response = client.get(kind);
    EXPECT_EQ(response.status, 500) << kind;
    EXPECT_EQ(response.body, "sorry") << kind;
    EXPECT_EQ(field(response, "Connection"), "") << kind;
  }
  EXPECT_EQ(client.get("/").body, "fine");
  EXPECT_TRUE(logged("the handler of '/' failed: out of cheese"));
}

TEST_F(HandlerFailureTest, AFunctionMayThrowBeforeItIsACoroutine) {
  route("/", [](Request&) -> Task<Response> { throw std::runtime_error("at once"); });
  start();
  EXPECT_EQ(get("/").status, 500);
  EXPECT_TRUE(logged("at once"));
}

TEST_F(HandlerFailureTest, FieldsThatCannotBeSent) {
  using Field = std::pair<std::string, std::string>;
  static const std::vector<Field> refused = {
      {"Date", "now"},
      {"content-length", "4"},
      {"CONNECTION", "close"},
      {"Transfer-Encoding", "chunked"},
      {"Server", "mine"},
      {"Trailer", "X"},
      {"Upgrade", "h2c"},
      {"Keep-Alive", "timeout=5"},
      {"", "x"},
      {"X One", "x"},
      {"X:", "x"},
      {"X\r\nY", "x"},
      {"X-One", "a\r\nSet-Cookie: b"},
      {"X-One", "a\nb"},
      {"X-One", std::string("a\0b", 3)},
      {"X-One", "a\x7f"},
      {"X-Long", std::string(30'000, 'x')},
  };
  static const std::vector<Field> allowed = {{"X-One", "a\tb \xc3\xa9"},
                                             {"ETag", "\"x\""},
                                             {"X-Empty", ""},
                                             {"X-Long", std::string(20'000, 'x')}};
  const auto set_field = [](const std::vector<Field>& fields) -> Handler {
    return [&fields](Request& request) -> Task<Response> {
      const auto& [name, value] = fields[std::stoul(std::string(request.rest()))];
      co_return Response::text("fine").header(name, value);
    };
  };
  route("/refused", set_field(refused));
  route("/allowed", set_field(allowed));
  start();
  HttpClient client = connect();
  for (size_t i = 0; i < refused.size(); ++i) {
    const HttpResponse response = client.get("/refused/" + std::to_string(i));
    EXPECT_EQ(response.status, 500) << refused[i].first;
    EXPECT_EQ(response.head.find("Set-Cookie"), std::string::npos);
  }
  EXPECT_TRUE(logged("the handler of '/refused': a field is set that only the server can set"));
  for (size_t i = 0; i < allowed.size(); ++i) {
    const HttpResponse response = client.get("/allowed/" + std::to_string(i));
    EXPECT_EQ(response.status, 200) << allowed[i].first;
    EXPECT_EQ(field(response, allowed[i].first), allowed[i].second);
  }
}

TEST_F(HandlerFailureTest, StatusesThatAreNone) {
  route("/", [](Request& request) -> Task<Response> {
    co_return Response(std::stoi(std::string(request.rest())));
  });
  route("/page", [](Request& request) -> Task<Response> {
    co_return Response::error(std::stoi(std::string(request.rest())));
  });
  start();
  for (const std::string wrong : {"-1", "0", "100", "101", "199", "600", "1000"}) {
    EXPECT_EQ(get("/" + wrong).status, 500) << wrong;
    EXPECT_EQ(get("/page/" + wrong).status, 500) << wrong;
  }
}

// What a program is short of is its own affair.
TEST_F(HandlerFailureTest, ItsOwn503IsNoRequestThatTheServerRefused) {
  route("/", [](Request& /*request*/) -> Task<Response> { co_return Response::error(503); });
  start();
  EXPECT_EQ(get("/").status, 503);
  EXPECT_EQ(server_->stats().requests_refused, 0U);
}

}  // namespace
}  // namespace sluice
