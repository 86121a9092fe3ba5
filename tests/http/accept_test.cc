// Negotiation of media types, and navigations: RFC 9110 §12.5.1.
#include "http/accept.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::http {
namespace {

// What browsers send when a person goes somewhere.
constexpr std::string_view kChrome =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;"
    "q=0.8,application/signed-exchange;v=b3;q=0.7";
constexpr std::string_view kFirefox =
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
constexpr std::string_view kChromeImage =
    "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";

TEST(MediaQuality, IsOfTheMostSpecificRange) {
  const struct {
    std::string_view accept;
    std::string_view type;
    int quality;
  } cases[] = {
      {"text/html", "text/html", 1000},
      {"TEXT/Html", "text/html", 1000},
      {"text/html", "TEXT/HTML", 1000},
      {"text/html", "text/plain", 0},
      {"text/html", "application/html", 0},
      {"text/html", "text/htm", 0},
      {"text/html", "text/htmlx", 0},
      {"text/*", "text/html", 1000},
      {"text/*;q=0.5", "text/html", 500},
      {"text/*", "image/png", 0},
      {"*/*", "image/png", 1000},
      {"*/*;q=0.25", "image/png", 250},
      {"*/*;q=0", "image/png", 0},
      {"text/html;q=0.1, text/*;q=0.5, */*;q=0.9", "text/html", 100},
      {"*/*;q=0.9, text/*;q=0.5, text/html;q=0.1", "text/html", 100},
      {"text/html;q=0.1, text/*;q=0.5, */*;q=0.9", "text/css", 500},
      {"text/html;q=0.1, text/*;q=0.5, */*;q=0.9", "image/png", 900},
      {"text/html;q=0, */*", "text/html", 0},
      {"text/*;q=0, */*", "text/html", 0},
      {"text/html;q=0.3, text/html;q=0.7", "text/html", 700},
      {"text/html;q=0.7, text/html;q=0.3", "text/html", 700},
      {"image/png, ,text/html", "text/html", 1000},
      {"image/png;q=0.5 , text/html ; q=0.4", "text/html", 400},
      {"application/json; charset=utf-8", "application/json", 1000},
      {"application/json;charset=\"UTF-8\";q=0.5", "application/json", 500},
      {"text/html;Charset=utf-8;q=0.5, text/html;q=0.9", "text/html", 500},
      {"text/html;level=1", "text/html", 0},
      {"text/html;level=1, text/html;q=0.7", "text/html", 700},
      {"text/html;level=3;q=0.7, text/html;q=0.2, */*;q=0.5", "text/html", 200},
      {"text/html;charset=utf-8;level=1", "text/html", 0},
      {"text/html;level=1;charset=utf-8", "text/html", 0},
      {"text/html;charset=iso-8859-1, */*;q=0.1", "text/html", 100},
      {"text/*;charset=utf-8;q=0.2, text/*;q=0.5", "text/html", 200},
      {"*/*;charset=utf-8;q=0.2, */*;q=0.5", "text/html", 200},
      {"*/*;charset=utf-8;q=0.2, text/*;q=0.5", "text/html", 500},
      {"text/*;charset=utf-8;q=0.2, text/html;q=0.5", "text/html", 500},
      {"text/html;q=0.5;charset=utf-8", "text/html", 500},
      {"text/html;;q=0.5;", "text/html", 500},
      {"text/html;a=\",text/html;q=1,\", text/html;q=0.5", "text/html", 500},
      {kChrome, "text/html", 1000},
      {kChrome, "application/xml", 900},
      {kChrome, "application/json", 800},
      {kChrome, "application/signed-exchange", 800},
      {kChromeImage, "image/gif", 1000},
      {kChromeImage, "text/html", 800},
  };
  for (const auto& [accept, type, quality] : cases) {
    EXPECT_EQ(media_quality(accept, type), quality) << accept << " for " << type;
  }
}

TEST(MediaQuality, TakesNoNoticeOfWhatIsMalformed) {
  for (const std::string_view element : {"",
                                         "*",
                                         "text",
                                         "text/",
                                         "/html",
                                         "/",
                                         "*/html",
                                         "text/html/x",
                                         "text html",
                                         "text /html",
                                         "text/ html",
                                         "text/html;q=2",
                                         "text/html;q=",
                                         "text/html;q=0.0001",
                                         "text/html;q=.5",
                                         "text/html q=1",
                                         "\"text/html\"",
                                         "text/h\xf6ml",
                                         "text/html=1",
                                         "text:html",
                                         "text/html;q=1;q=x",
                                         "text/html, text",
                                         "image/png,\"text/html"}) {
    const bool has_html = element == "text/html, text";
    EXPECT_EQ(media_quality(element, "text/html"), has_html ? 1000 : 0) << element;
    EXPECT_EQ(names_html(element), has_html) << element;
    if (has_html || element.find('"') != std::string_view::npos) continue;
    EXPECT_EQ(media_quality(std::string(element) + ", text/html;q=0.5", "text/html"), 500)
        << element;
  }
  for (const std::string_view type : {"", "text", "/", "text/", "/html"}) {
    EXPECT_EQ(media_quality("text/html, text/plain", type), 0) << type;
  }
}

TEST(MediaQuality, IsTheLastWeightOfARange) {
  EXPECT_EQ(media_quality("text/html;q=0.2;q=0.6", "text/html"), 600);
}

TEST(PrefersJson, ComparesItWithHtml) {
  for (const std::string_view accept :
       {"application/json", "application/json, */*;q=0.9", "application/json,text/html;q=0.9",
        "application/*, text/*;q=0.5", "text/html;q=0,*/*", "application/json;charset=utf-8",
        "application/json, text/plain", "text/html;q=0.1, application/json;q=0.2",
        "Application/JSON", "application/json, */*", "application/json, text/plain, */*"}) {
    EXPECT_TRUE(prefers_json(accept)) << accept;
  }
  for (const std::string_view accept :
       {std::string_view(""), std::string_view("*/*"), std::string_view("text/html"),
        std::string_view("application/json, text/html"),
        std::string_view("application/json, text/html, */*"),
        std::string_view("application/json;q=0"), std::string_view("application/json;q=0.5, */*"),
        std::string_view("application/geo+json"), std::string_view("text/plain"), kChrome, kFirefox,
        kChromeImage}) {
    EXPECT_FALSE(prefers_json(accept)) << accept;
  }
  EXPECT_FALSE(prefers_json(std::nullopt));
}

TEST(NamesHtml, IsTrueOfNavigations) {
  for (const std::string_view accept :
       {kChrome, kFirefox, std::string_view("text/html"), std::string_view("TEXT/HTML;q=0.001"),
        std::string_view("application/xhtml+xml"),
        std::string_view("image/png, Application/XHTML+xml"), std::string_view("text/html;level=1"),
        std::string_view("text/html;q=0, text/html;q=0.1")}) {
    EXPECT_TRUE(names_html(accept)) << accept;
  }
  for (const std::string_view accept :
       {std::string_view(""), std::string_view("*/*"), std::string_view("text/*"),
        std::string_view("application/*"), std::string_view("text/html;q=0"),
        std::string_view("text/html;q=0.0, */*"), std::string_view("text/plain"),
        std::string_view("application/html"), std::string_view("text/xhtml+xml"),
        std::string_view("application/json"), std::string_view("x=\"text/html\""), kChromeImage}) {
    EXPECT_FALSE(names_html(accept)) << accept;
  }
  EXPECT_FALSE(names_html(std::nullopt));
}

TEST(Navigation, IsWhatSecFetchModeSaysElseWhatAcceptNames) {
  using Value = std::optional<std::string_view>;
  const struct {
    Value mode;
    Value accept;
    bool navigation;
  } cases[] = {
      {"navigate", std::nullopt, true},
      {"navigate", "*/*", true},
      {"Navigate", "image/png", true},
      {" navigate ", "image/png", true},
      {"cors", "text/html", false},
      {"no-cors", kChrome, false},
      {"same-origin", kChrome, false},
      {"websocket", kChrome, false},
      {"", kChrome, false},
      {"navigate2", kChrome, false},
      {"\"navigate\"", kChrome, false},
      {"navigate, navigate", kChrome, false},
      {std::nullopt, kChrome, true},
      {std::nullopt, kFirefox, true},
      {std::nullopt, "*/*", false},
      {std::nullopt, kChromeImage, false},
      {std::nullopt, std::nullopt, false},
  };
  for (const auto& [mode, accept, navigation] : cases) {
    EXPECT_EQ(is_navigation(mode, accept), navigation)
        << mode.value_or("(none)") << ", " << accept.value_or("(none)");
  }
}

}  // namespace
}  // namespace sluice::http
