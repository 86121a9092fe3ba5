// Lists and quoted strings in field values: RFC 9110 §5.6.1, §5.6.4, §5.6.6.
#include "http/list_elements.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/random.h"

namespace sluice::http {
namespace {

std::vector<std::string> elements_of(std::string_view list) {
  std::vector<std::string> elements;
  for_each_element(list, [&elements](std::string_view element) { elements.emplace_back(element); });
  return elements;
}

TEST(ListElements, AreCutAtCommas) {
  using Elements = std::vector<std::string>;
  const struct {
    std::string_view list;
    Elements elements;
  } cases[] = {
      {"", {}},
      {" \t ", {}},
      {",", {}},
      {" , ,\t,", {}},
      {"a", {"a"}},
      {" a ", {"a"}},
      {"a,b", {"a", "b"}},
      {"a ,\tb", {"a", "b"}},
      {",a,,b,", {"a", "b"}},
      {"a b,c", {"a b", "c"}},
      {"a;p=\"x,y\",b", {"a;p=\"x,y\"", "b"}},
      {R"("a\",b",c)", {R"("a\",b")", "c"}},
      {R"("a\\",b)", {R"("a\\")", "b"}},
      {R"(a\,b)", {"a\\", "b"}},  // an escape is one in quoted strings only
      {"\"a,b", {"\"a,b"}},
      {R"("a\)", {R"("a\)"}},
      {"\"\",a", {"\"\"", "a"}},
      {"\"a\"\"b,c\",d", {"\"a\"\"b,c\"", "d"}},
  };
  for (const auto& [list, elements] : cases) {
    EXPECT_EQ(elements_of(list), elements) << list;
  }
}

TEST(TakePart, LeavesWhatFollowsTheSeparator) {
  std::string_view rest = "a ; b;;\"c;d\" ;";
  EXPECT_EQ(take_part(rest, ';'), "a");
  EXPECT_EQ(rest, " b;;\"c;d\" ;");
  EXPECT_EQ(take_part(rest, ';'), "b");
  EXPECT_EQ(take_part(rest, ';'), "");
  EXPECT_EQ(take_part(rest, ';'), "\"c;d\"");
  EXPECT_EQ(rest, "");
  EXPECT_EQ(take_part(rest, ';'), "");
}

// What is taken and what is left are together what there was, blanks and separators aside.
TEST(TakePart, LosesNothing) {
  constexpr uint64_t kSeed = 3;
  testing_support::Random random(kSeed);
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (uint64_t count = random.below(20); count > 0; --count) {
      text += random.pick({'a', 'b', ',', '"', '\\', ' '});
    }
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", round " << round << ": " << text);
    std::string_view rest = text;
    std::string joined;
    while (!rest.empty()) {
      const size_t before = rest.size();
      const std::string_view part = take_part(rest, ',');
      ASSERT_LT(rest.size(), before);
      joined += part;
    }
    std::string expected;
    bool quoted = false;
    bool escaped = false;
    for (const char c : text) {
      if (c == ',' && !quoted) continue;
      expected += c;
      if (escaped) {
        escaped = false;
      } else if (c == '"') {
        quoted = !quoted;
      } else {
        escaped = quoted && c == '\\';
      }
    }
    std::erase(expected, ' ');
    std::erase(joined, ' ');
    ASSERT_EQ(joined, expected);
  }
}

}  // namespace
}  // namespace sluice::http
