// Where redirects lead: RFC 9110 §10.2.2, RFC 3986 §4.2.
#include "rules/redirect_target.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sluice::rules {
namespace {

struct Case {
  std::string_view to;
  std::string_view capture;
  std::string_view rest;
  std::string_view query;
  std::string_view location;
};

const Case kCases[] = {
    {"/a", "", "", "", "/a"},
    {"/a", "", "", "?q=1", "/a?q=1"},
    {"/a?x", "", "", "?q=1", "/a?x"},
    {"/a?", "", "", "?q=1", "/a?"},
    {"/a#f", "", "", "?q=1", "/a?q=1#f"},
    {"/a?x#f?y", "", "", "?q=1", "/a?x#f?y"},
    {"/a#f?y", "", "", "?q=1", "/a?q=1#f?y"},
    {"/a%20b/$$", "", "", "", "/a%20b/$"},
    // The rest behind a prefix: exactly one slash between.
    {"/b", "", "/x/y", "", "/b/x/y"},
    {"/b/", "", "/x/y", "", "/b/x/y"},
    {"/b/", "", "", "", "/b/"},
    {"/", "", "/x", "", "/x"},
    {"/b?k=v#f", "", "/x y", "?q", "/b/x%20y?k=v#f"},
    {"https://h", "", "/x", "?q", "https://h/x?q"},
    {"https://h/", "", "/x", "", "https://h/x"},
    // URLs.
    {"https://example.org", "", "", "?q", "https://example.org?q"},
    {"http://example.org:8080/$1", "a/b", "", "", "http://example.org:8080/a/b"},
    {"HTTPS://[::1]:8/", "", "", "", "HTTPS://[::1]:8/"},
    {"https://a.example/web/https://b.example/$1", "c", "", "",
     "https://a.example/web/https://b.example/c"},
    {"https://h?u=$1", "a&b=c/d", "", "?q", "https://h?u=a%26b%3Dc/d"},
    {"/x#$1", "a#b", "", "", "/x#a%23b"},
    // What a client sends is neither a host nor another line.
    {"/$1", "/evil.example", "", "", "/evil.example"},
    {"/$1/x", "", "", "", "/x"},
    {"/$1", "\\evil.example", "", "", "/%5Cevil.example"},
    {"/$1", "a\r\nX: y", "", "", "/a%0D%0AX:%20y"},
    {"https://h/$1", "@evil.example", "", "", "https://h/@evil.example"},
};

TEST(RedirectTarget, WritesItsLocation) {
  for (const Case& test : kCases) {
    SCOPED_TRACE(std::string(test.to) + " with " + std::string(test.capture));
    const auto target = RedirectTarget::compile(test.to, 1);
    ASSERT_TRUE(target) << target.error();
    const Captures captures{{test.capture}, 1};
    std::array<char, 256> out;
    const size_t size = target->write(captures, test.rest, test.query, out);
    EXPECT_EQ(std::string_view(out.data(), size), test.location);
    const std::span<char> room(out);
    EXPECT_EQ(target->write(captures, test.rest, test.query, room.first(size)), size);
    EXPECT_EQ(target->write(captures, test.rest, test.query, room.first(size - 1)), 0U);
  }
}

TEST(RedirectTarget, SaysWhatIsWrong) {
  struct Mistake {
    std::string_view to;
    std::string_view said;
  };
  constexpr std::string_view kForm = "neither a path";
  constexpr std::string_view kBytes = "visible ASCII";
  for (const Mistake& test : {Mistake{"", kForm},
                              Mistake{"a", kForm},
                              Mistake{"//evil.example", kForm},
                              Mistake{"$1", kForm},
                              Mistake{"ftp://h/", kForm},
                              Mistake{"javascript:alert(1)", kForm},
                              Mistake{"?x", kForm},
                              Mistake{"http:/a", kForm},
                              Mistake{"/a b", kBytes},
                              Mistake{"/a\"", kBytes},
                              Mistake{"/<a", kBytes},
                              Mistake{"/a>", kBytes},
                              Mistake{"/\\a", kBytes},
                              Mistake{"/a\r\nX: y", kBytes},
                              Mistake{"/\xc3\xa4", kBytes},
                              Mistake{"/\x7f", kBytes},
                              Mistake{"/%", "hexadecimal"},
                              Mistake{"/%4", "hexadecimal"},
                              Mistake{"/%zz", "hexadecimal"},
                              Mistake{"/%4$1", "hexadecimal"},
                              Mistake{"https://", "no host"},
                              Mistake{"https:///a", "no host"},
                              Mistake{"https://u@h/", "no host"},
                              Mistake{"http://h:99999/", "no host"},
                              Mistake{"http://a,b/", "no host"},
                              Mistake{"https://$1/", "'$' in its host"},
                              Mistake{"https://h$1", "'$' in its host"},
                              Mistake{"/$2", "there are 1 wildcards"},
                              Mistake{"/a?$2", "there are 1 wildcards"},
                              Mistake{"/a#$x", "'$$'"}}) {
    SCOPED_TRACE(test.to);
    const auto target = RedirectTarget::compile(test.to, 1);
    ASSERT_FALSE(target);
    EXPECT_TRUE(target.error().contains(test.said)) << target.error();
  }
}

}  // namespace
}  // namespace sluice::rules
