// Status codes and the pages for them: RFC 9110 §15.
#include "http/error_page.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "http/status.h"

namespace sluice::http {
namespace {

constexpr int kStatuses[] = {301, 400, 403, 404, 405, 408, 413, 414,
                             416, 417, 421, 431, 500, 501, 503, 505};

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
  for (const int status : {0, 299, 418, 499, 599}) {
    EXPECT_TRUE(error_page(status).ends_with("</html>\n")) << status;
  }
}

TEST(ReasonPhrase, IsOfTheRegistry) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(206), "Partial Content");
  EXPECT_EQ(reason_phrase(301), "Moved Permanently");
  EXPECT_EQ(reason_phrase(404), "Not Found");
  EXPECT_EQ(reason_phrase(416), "Range Not Satisfiable");
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(505), "HTTP Version Not Supported");
  EXPECT_EQ(reason_phrase(599), "Unknown");
  for (const int status : kStatuses) {
    EXPECT_NE(reason_phrase(status), "Unknown") << status;
  }
}

}  // namespace
}  // namespace sluice::http
