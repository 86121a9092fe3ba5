// Response while it is put together, and the fields that all of them have.
#include "server/response_draft.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <ctime>
#include <string>
#include <string_view>
#include <variant>

#include "base/slab_pool.h"
#include "http/error_page.h"
#include "server/common_fields.h"

namespace sluice {
namespace {

constexpr std::string_view kCommon = "Server: sluice\r\n";

class ResponseTest : public testing::Test {
 protected:
  SlabPool blocks_{ResponseDraft::kHeadBytes};
  ResponseDraft response_{blocks_, kCommon};
};

TEST_F(ResponseTest, BeginsWithTheStatusLineAndTheCommonFields) {
  response_.begin(200).field("Content-Length", uint64_t{0}).end();
  EXPECT_EQ(response_.status(), 200);
  EXPECT_TRUE(response_.head().ok());
  EXPECT_EQ(response_.head().view(),
            "HTTP/1.1 200 OK\r\nServer: sluice\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(response_.body_for(http::Method::kGet)));
}

TEST_F(ResponseTest, AFailureIsAPageWithItsLength) {
  response_.fail(404);
  const std::string_view page = http::error_page(404);
  EXPECT_EQ(response_.status(), 404);
  EXPECT_EQ(response_.head().view(),
            "HTTP/1.1 404 Not Found\r\nServer: sluice\r\n"
            "Content-Type: text/html; charset=utf-8\r\nContent-Length: " +
                std::to_string(page.size()) + "\r\n");
  const BodySource body = response_.body_for(http::Method::kGet);
  ASSERT_TRUE(std::holds_alternative<MemoryBody>(body));
  EXPECT_EQ(std::get<MemoryBody>(body).bytes, page);
}

TEST_F(ResponseTest, AFailureHasTheFieldsOfItsStatus) {
  response_.fail(405, "Allow: GET, HEAD\r\n");
  EXPECT_NE(response_.head().view().find("\r\nAllow: GET, HEAD\r\n"), std::string_view::npos);
}

TEST_F(ResponseTest, ToHeadThereIsNoBodyButTheSameHead) {
  response_.fail(404);
  const std::string head(response_.head().view());
  EXPECT_TRUE(std::holds_alternative<std::monostate>(response_.body_for(http::Method::kHead)));
  EXPECT_EQ(response_.head().view(), head);
}

TEST_F(ResponseTest, BeginningAgainForgetsTheFirstAttempt) {
  response_.fail(404, "X-Old: 1\r\n");
  response_.begin(200).end();
  EXPECT_EQ(response_.status(), 200);
  EXPECT_EQ(response_.head().view(), "HTTP/1.1 200 OK\r\nServer: sluice\r\n\r\n");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(response_.body_for(http::Method::kGet)));
}

TEST(CommonFieldsTest, AreTheServerAndTheDateOfNow) {
  CommonFields fields;
  const time_t before = time(nullptr) - 1;  // the coarse clock may lag behind
  const std::string text(fields.now());
  const time_t after = time(nullptr);
  constexpr std::string_view kBegin = "Server: sluice\r\nDate: ";
  ASSERT_TRUE(text.starts_with(kBegin)) << text;
  ASSERT_TRUE(text.ends_with(" GMT\r\n")) << text;
  struct tm date{};
  ASSERT_NE(strptime(text.c_str() + kBegin.size(), "%a, %d %b %Y %H:%M:%S GMT", &date), nullptr);
  const time_t seconds = timegm(&date);
  EXPECT_GE(seconds, before);
  EXPECT_LE(seconds, after);
}

TEST(CommonFieldsTest, ChangeWithTheSecondAndKeepTheirLength) {
  CommonFields fields;
  const std::string first(fields.now());
  std::string text = first;
  for (int wait = 0; wait < 30'000 && text == first; ++wait) {
    usleep(1000);
    text = fields.now();
  }
  EXPECT_NE(text, first);
  EXPECT_EQ(text.size(), first.size());
}

}  // namespace
}  // namespace sluice
