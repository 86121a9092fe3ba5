// Accept and Sec-Fetch-Mode. Input: the value of the latter; that of the former.
#include <algorithm>
#include <string>

#include "base/assert.h"
#include "fuzz/fuzz_input.h"
#include "http/accept.h"
#include "http/characters.h"

namespace sluice::fuzz {
namespace {

constexpr std::string_view kTypes[] = {"text/html",  "application/json", "application/xhtml+xml",
                                       "text/plain", "image/svg+xml",    "text"};

void check_accept(std::string_view accept) {
  std::string lower(accept);
  std::ranges::transform(lower, lower.begin(), http::to_lower);
  for (const std::string_view type : kTypes) {
    const int quality = http::media_quality(accept, type);
    SLUICE_CHECK(quality >= 0 && quality <= 1000);
    SLUICE_CHECK(http::media_quality(lower, type) == quality);
    // Nothing is more specific than the type itself, and of two that are equal the better counts.
    const std::string exact = std::string(type) + ";charset=utf-8," + std::string(accept);
    if (type.find('/') != std::string_view::npos) {
      SLUICE_CHECK(http::media_quality(exact, type) == 1000);
    }
  }
  // Of two that are as acceptable the one that is named counts, so weights decide only otherwise.
  const int json = http::media_quality(accept, "application/json");
  const int html = http::media_quality(accept, "text/html");
  if (json != html) SLUICE_CHECK(http::prefers_json(accept) == (json > html));
  if (json == 0) SLUICE_CHECK(!http::prefers_json(accept));
  SLUICE_CHECK(http::names_html(lower) == http::names_html(accept));
  SLUICE_CHECK(http::names_html("text/html," + std::string(accept)));
  SLUICE_CHECK(http::is_navigation(std::nullopt, accept) == http::names_html(accept));
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  fuzz::FuzzInput input(data, size);
  const std::string_view mode = input.line();
  const bool navigates = http::is_navigation(mode, input.rest());
  SLUICE_CHECK(navigates == http::is_navigation(mode, std::nullopt));
  SLUICE_CHECK(!navigates || http::equal_ignoring_case(http::trim_blanks(mode), "navigate"));
  fuzz::check_accept(input.rest());
  return 0;
}
