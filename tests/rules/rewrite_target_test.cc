// What rewrites make of paths.
#include "rules/rewrite_target.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sluice::rules {
namespace {

struct Case {
  std::string_view to;
  std::string_view capture;
  std::string_view rest;
  std::string_view path;  // "": none
};

const Case kCases[] = {
    {"/a", "", "", "/a"},
    {"/a b/\xc3\xa4%20", "", "", "/a b/\xc3\xa4%20"},
    {"/$1.html", "x y", "", "/x y.html"},
    {"/b", "", "/x", "/b/x"},
    {"/b/", "", "/x/", "/b/x/"},
    {"/", "", "/x", "/x"},
    {"/$1/x", "", "", "/x"},
    {"/a/$1", "/b", "", "/a/b"},
    {"/a/$1/", "b/", "", "/a/b/"},
    {"/..$1", "a", "", "/..a"},
    {"/$1", "...", "", "/..."},
    {"/a.$1", ".", "", "/a.."},
    // Nothing leaves its place.
    {"/public/$1", "../secret", "", ""},
    {"/public/$1", "..", "", ""},
    {"/public/$1", ".", "", ""},
    {"/public/$1/a", "..", "", ""},
    {"/.$1/a", ".", "", ""},
    {"/x/.$1", "./a", "", ""},
    {"/a$1b", "/../", "", ""},
};

TEST(RewriteTarget, WritesThePath) {
  for (const Case& test : kCases) {
    SCOPED_TRACE(std::string(test.to) + " with " + std::string(test.capture));
    const auto target = RewriteTarget::compile(test.to, 1);
    ASSERT_TRUE(target) << target.error();
    const Captures captures{{test.capture}, 1};
    std::array<char, 64> out;
    const size_t size = target->write(captures, test.rest, out);
    EXPECT_EQ(std::string_view(out.data(), size), test.path);
    if (size > 0) {
      const std::span<char> room(out);
      EXPECT_EQ(target->write(captures, test.rest, room.first(size)), size);
      EXPECT_EQ(target->write(captures, test.rest, room.first(size - 1)), 0U);
    }
  }
}

TEST(RewriteTarget, SaysWhatIsWrong) {
  struct Mistake {
    std::string_view to;
    std::string_view said;
  };
  constexpr std::string_view kForm = "is no path";
  for (const Mistake& test :
       {Mistake{"", kForm}, Mistake{"a", kForm}, Mistake{"//a", kForm}, Mistake{"/a//b", kForm},
        Mistake{"/a/../b", kForm}, Mistake{"/.", kForm}, Mistake{"/a/..", kForm},
        Mistake{"https://h/", kForm}, Mistake{"/a?b", "without '?'"},
        Mistake{"/a#b", "without '?'"}, Mistake{"/a\n", "control"}, Mistake{"/\x7f", "control"},
        Mistake{"/$2", "1 wildcards"}, Mistake{"/$", "'$$'"}}) {
    SCOPED_TRACE(test.to);
    const auto target = RewriteTarget::compile(test.to, 1);
    ASSERT_FALSE(target);
    EXPECT_TRUE(target.error().contains(test.said)) << target.error();
  }
}

}  // namespace
}  // namespace sluice::rules
