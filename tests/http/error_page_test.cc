// Status codes and the pages for them: RFC 9110 §15.
#include "http/error_page.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "http/status.h"

namespace sluice::http {
namespace {

constexpr int kStatuses[] = {301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 406, 408, 409, 411,
                             412, 413, 414, 415, 416, 417, 421, 431, 500, 501, 503, 505, 507};

TEST(ErrorPage, IsACompleteDocument) {
  std::set<std::string_view> pages;
  for (const int status : kStatuses) {
    const std::string_view page = error_page(status);
    EXPECT_TRUE(page.starts_with("<!doctype html>\n")) << status;
    EXPECT_TRUE(page.ends_with("</html>\n")) << status;
    const std::string title = std::to_string(status) + " " + std::string(reason_phrase(status));
    EXPECT_NE(page.find("<title>" + title + "</title>"), std::string_view::npos) << page;
    EXPECT_NE(page.find("<h1>" + title + "</h1>"), std::string_view::npos) << page;
    EXPECT_LT(page.size(), 600u) << status;
    EXPECT_TRUE(pages.insert(page).second) << status;
  }
}

TEST(ErrorPage, HasAGeneralForm) {
  for (const int status : {-1, 0, 200, 299, 300, 304, 418, 499, 504, 508, 599, 1000}) {
    EXPECT_NE(error_page(status).find("<title>Error</title>"), std::string_view::npos) << status;
    EXPECT_TRUE(error_page(status).ends_with("</html>\n")) << status;
  }
}

// A client that follows no redirects shows it.
TEST(ErrorPage, OfARedirectPointsElsewhere) {
  for (const int status : {301, 302, 303, 307, 308}) {
    EXPECT_NE(error_page(status).find("another address"), std::string_view::npos) << status;
    EXPECT_EQ(error_page(status).find("slash"), std::string_view::npos) << status;
  }
}

TEST(ReasonPhrase, IsOfTheRegistry) {
  const struct {
    int status;
    std::string_view phrase;
  } cases[] = {
      {100, "Continue"},
      {200, "OK"},
      {201, "Created"},
      {204, "No Content"},
      {206, "Partial Content"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {401, "Unauthorized"},
      {404, "Not Found"},
      {406, "Not Acceptable"},
      {409, "Conflict"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {417, "Expectation Failed"},
      {421, "Misdirected Request"},
      {431, "Request Header Fields Too Large"},
      {505, "HTTP Version Not Supported"},
      {507, "Insufficient Storage"},
      {599, "Unknown"},
  };
  for (const auto& [status, phrase] : cases) {
    EXPECT_EQ(reason_phrase(status), phrase) << status;
  }
  for (const int status : kStatuses) {
    EXPECT_NE(reason_phrase(status), "Unknown") << status;
  }
}

}  // namespace
}  // namespace sluice::http
