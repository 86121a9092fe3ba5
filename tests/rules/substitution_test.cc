// What `to` says about captures.
#include "rules/substitution.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sluice::rules {
namespace {

std::string write(const Substitution& substitution, const Captures& captures, Escaping escaping) {
  std::array<char, 256> out;
  return {out.data(), substitution.write(captures, escaping, out)};
}

TEST(Substitution, PutsCapturesIn) {
  const Captures captures{{"one", "", "3/4"}, 3};
  struct Case {
    std::string_view text;
    std::string_view written;
  };
  for (const Case& test :
       {Case{"", ""}, Case{"/a", "/a"}, Case{"$1", "one"}, Case{"/$1/$3", "/one/3/4"},
        Case{"/$3$1$3", "/3/4one3/4"}, Case{"/$2/", "//"}, Case{"/$$1", "/$1"},
        Case{"/$$$1$$", "/$one$"}, Case{"/$12", "/one2"}}) {
    SCOPED_TRACE(test.text);
    const auto substitution = Substitution::compile(test.text, captures.count);
    ASSERT_TRUE(substitution) << substitution.error();
    EXPECT_EQ(write(*substitution, captures, Escaping::kNone), test.written);
  }
}

TEST(Substitution, EscapesCapturesButNotItsText) {
  const Captures captures{{"a b/%\"\\<\xc3\xa4&=?#\r\n'-._~:@"}, 1};
  const auto substitution = Substitution::compile("/%20&$1", 1);
  ASSERT_TRUE(substitution);
  EXPECT_EQ(write(*substitution, captures, Escaping::kNone),
            "/%20&a b/%\"\\<\xc3\xa4&=?#\r\n'-._~:@");
  EXPECT_EQ(write(*substitution, captures, Escaping::kPath),
            "/%20&a%20b/%25%22%5C%3C%C3%A4&=%3F%23%0D%0A%27-._~:@");
  EXPECT_EQ(write(*substitution, captures, Escaping::kQuery),
            "/%20&a%20b/%25%22%5C%3C%C3%A4%26%3D%3F%23%0D%0A%27-._~%3A%40");
}

TEST(Substitution, MergesSlashesWhereItsPartsMeet) {
  struct Case {
    std::string_view text;
    std::string_view capture;
    std::string_view written;
  };
  for (const Case& test :
       {Case{"/$1", "/evil", "/evil"}, Case{"/$1/x", "", "/x"}, Case{"/$1/x", "a/", "/a/x"},
        Case{"/$1$1/", "/", "/"}, Case{"/a//b/$1", "c", "/a//b/c"}, Case{"/a$1b", "/", "/a/b"}}) {
    SCOPED_TRACE(test.text);
    const auto substitution = Substitution::compile(test.text, 1);
    ASSERT_TRUE(substitution);
    std::array<char, 64> out;
    BoundedOutput output(out);
    substitution->put({{test.capture}, 1}, Escaping::kPath, true, output);
    EXPECT_EQ(std::string_view(out.data(), output.size()), test.written);
  }
}

TEST(Substitution, WritesAllOrNothing) {
  const auto substitution = Substitution::compile("/a$1", 1);
  ASSERT_TRUE(substitution);
  const Captures captures{{"\xff"}, 1};
  for (size_t capacity = 0; capacity <= 6; ++capacity) {
    std::array<char, 6> out;
    out.fill('#');
    const size_t size =
        substitution->write(captures, Escaping::kPath, std::span(out).first(capacity));
    EXPECT_EQ(size, capacity < 5 ? 0U : 5U);
    for (size_t i = capacity; i < out.size(); ++i) {
      EXPECT_EQ(out[i], '#') << "beyond " << capacity;
    }
  }
}

TEST(Substitution, SaysWhatIsWrong) {
  struct Mistake {
    std::string_view text;
    size_t capture_count;
    std::string_view said;
  };
  for (const Mistake& test :
       {Mistake{"/$3", 2, "has $3, but there are 2 wildcards"},
        Mistake{"/$1", 0, "has $1, but there are 0 wildcards"}, Mistake{"/$", 9, "'$$' is a '$'"},
        Mistake{"/$0", 9, "'$$'"}, Mistake{"/$a", 9, "'$$'"}, Mistake{"/$$$", 9, "'$$'"},
        Mistake{"/${1}", 9, "'$$'"}}) {
    SCOPED_TRACE(test.text);
    const auto substitution = Substitution::compile(test.text, test.capture_count);
    ASSERT_FALSE(substitution);
    EXPECT_TRUE(substitution.error().contains(test.said)) << substitution.error();
  }
}

}  // namespace
}  // namespace sluice::rules
