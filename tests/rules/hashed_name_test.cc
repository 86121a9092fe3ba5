// File names that carry a hash.
#include "rules/hashed_name.h"

#include <gtest/gtest.h>

namespace sluice::rules {
namespace {

TEST(HashedName, IsSeen) {
  for (const std::string_view path :
       {"/main.8f2a1c3b.js", "/assets/index-BkZ3x9aQ.css", "/a_0123456789abcdef.woff2",
        "/main.8f2a1c3b.js.map", "/x/chunk-a1b2c3d4.min.js", "/a.b-c_1234567x.y.z",
        "/logo-1a2b3c4d-dark.svg", "main.8f2a1c3b.js", "/-8f2a1c3b.js"}) {
    EXPECT_TRUE(is_hashed_name(path)) << path;
  }
}

TEST(HashedName, IsNotSeenWhereThereIsNone) {
  for (const std::string_view path :
       {"/", "", "/main.js", "/report-20240115.pdf", "/my-document.html", "/8f2a1c3b.js",
        "/8f2a1c3b", "/main-8f2a1c3b", "/main.8f2a1c3", "/main.8f2a1c3.js", "/main.8f2a1c3b/",
        "/main.8f2a1c3b.js/x.js", "/x.8f2a1c3b", "/jquery-3.7.1.min.js", "/main.8f2a+c3b4.js",
        "/main.deadbeef.js", "/main-.js", "/..",
        "/main.8f2a\xc3\xa4"
        "1c3b.js"}) {
    EXPECT_FALSE(is_hashed_name(path)) << path;
  }
}

}  // namespace
}  // namespace sluice::rules
