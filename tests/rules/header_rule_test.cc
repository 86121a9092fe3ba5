// Header rules and their presets.
#include "rules/header_rule.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rules/rules_of.h"

namespace sluice::rules {
namespace {

using Names = std::vector<std::string>;

CompiledHeaderRule compile(const HeaderRule& rule) {
  std::vector<OptionProblem> problems;
  CompiledHeaderRule compiled = compile_header_rule(rule, "h", problems);
  EXPECT_TRUE(problems.empty()) << problems.front().option << ": " << problems.front().message;
  return compiled;
}

TEST(HeaderRule, SetsAddsAndRemoves) {
  HeaderRule rule;
  rule.set = {{"X-A", "1"}, {"X-B", ""}};
  rule.add = {{"X-C", " a b "}, {"X-C", "\xc3\xa4"}};
  rule.remove = {"ETag", "Date"};
  const CompiledHeaderRule compiled = compile(rule);
  ASSERT_EQ(compiled.edits.size(), 1U);
  const HeaderEdit& edit = compiled.edits[0];
  EXPECT_EQ(edit.erased, (Names{"ETag", "Date", "X-A", "X-B"}));
  EXPECT_EQ(edit.lines, "X-A: 1\r\nX-B: \r\nX-C: a b\r\nX-C: \xc3\xa4\r\n");
  EXPECT_FALSE(edit.always);
  EXPECT_FALSE(edit.hashed_names_only);
  EXPECT_FALSE(compiled.cors);
}

TEST(HeaderRule, MayApplyToErrors) {
  HeaderRule rule;
  rule.remove = {"X-A"};
  rule.always = true;
  EXPECT_TRUE(compile(rule).edits.at(0).always);
}

TEST(HeaderRule, WithoutFieldsHasNoEdits) { EXPECT_TRUE(compile({}).edits.empty()); }

TEST(HeaderRule, ImmutableIsForHashedNames) {
  HeaderRule rule;
  rule.preset = HeaderPreset::kImmutable;
  rule.always = true;
  const CompiledHeaderRule compiled = compile(rule);
  ASSERT_EQ(compiled.edits.size(), 1U);
  EXPECT_EQ(compiled.edits[0].erased, Names{"Cache-Control"});
  EXPECT_EQ(compiled.edits[0].lines, "Cache-Control: public, max-age=31536000, immutable\r\n");
  EXPECT_TRUE(compiled.edits[0].hashed_names_only);
  EXPECT_FALSE(compiled.edits[0].always);
}

TEST(HeaderRule, SecurityIsForErrorsAsWell) {
  HeaderRule rule;
  rule.preset = HeaderPreset::kSecurity;
  const CompiledHeaderRule compiled = compile(rule);
  ASSERT_EQ(compiled.edits.size(), 1U);
  EXPECT_EQ(compiled.edits[0].lines,
            "X-Content-Type-Options: nosniff\r\n"
            "Referrer-Policy: strict-origin-when-cross-origin\r\n"
            "X-Frame-Options: SAMEORIGIN\r\n"
            "Cross-Origin-Opener-Policy: same-origin\r\n");
  EXPECT_EQ(compiled.edits[0].erased.size(), 4U);
  EXPECT_TRUE(compiled.edits[0].always);
  EXPECT_FALSE(compiled.cors);
}

TEST(HeaderRule, CorsAnswersPreflightRequests) {
  HeaderRule rule;
  rule.preset = HeaderPreset::kCors;
  const CompiledHeaderRule compiled = compile(rule);
  ASSERT_EQ(compiled.edits.size(), 1U);
  EXPECT_EQ(
      compiled.edits[0].lines,
      "Access-Control-Allow-Origin: *\r\n"
      "Access-Control-Expose-Headers: Content-Length, Content-Range, ETag, Accept-Ranges\r\n");
  EXPECT_TRUE(compiled.edits[0].always);
  EXPECT_TRUE(compiled.cors);
}

// So that what the rule says itself counts.
TEST(HeaderRule, PresetComesBeforeTheRestOfItsRule) {
  HeaderRule rule;
  rule.preset = HeaderPreset::kSecurity;
  rule.set = {{"X-Frame-Options", "DENY"}};
  const CompiledHeaderRule compiled = compile(rule);
  ASSERT_EQ(compiled.edits.size(), 2U);
  EXPECT_EQ(compiled.edits[1].erased, Names{"X-Frame-Options"});
  EXPECT_EQ(compiled.edits[1].lines, "X-Frame-Options: DENY\r\n");
  EXPECT_FALSE(compiled.edits[1].always);
}

struct Mistake {
  HeaderRule rule;
  std::string_view option;
  std::string_view said;
};

std::vector<Mistake> mistakes() {
  std::vector<Mistake> all;
  for (const std::string_view name : {"", "a b", "a:", "\xc3\xa4", "a\r\nb", "(a)"}) {
    all.push_back({header_set({{std::string(name), "v"}}), "h.set[0].name", "is no field name"});
    all.push_back({header_removed({std::string(name)}), "h.remove[0]", "is no field name"});
  }
  for (const std::string_view name : {"content-length", "Transfer-Encoding", "CONNECTION",
                                      "Content-Range", "Trailer", "Upgrade", "Keep-Alive"}) {
    all.push_back({header_set({{std::string(name), "v"}}), "h.set[0].name", "server's own"});
    all.push_back({header_added({{std::string(name), "v"}}), "h.add[0].name", "server's own"});
    all.push_back({header_removed({std::string(name)}), "h.remove[0]", "server's own"});
  }
  all.push_back({header_set({{"Date", "v"}}), "h.set[0].name", "server's own"});
  all.push_back({header_added({{"X-A", "v"}, {"date", "v"}}), "h.add[1].name", "server's own"});
  for (const std::string_view value : {std::string_view("a\r\nb"), std::string_view("a\0b", 3),
                                       std::string_view("a\x7f"), std::string_view("a\tb")}) {
    all.push_back({header_set({{"X-A", std::string(value)}}), "h.set[0].value", "control"});
    all.push_back({header_added({{"X-A", std::string(value)}}), "h.add[0].value", "control"});
  }
  all.push_back({header_set({{"X-A", "1"}, {"x-a", "2"}}), "h.set[1].name", "set twice"});
  return all;
}

TEST(HeaderRule, SaysWhatIsWrong) {
  for (const Mistake& test : mistakes()) {
    std::vector<OptionProblem> problems;
    compile_header_rule(test.rule, "h", problems);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].option, test.option);
    EXPECT_TRUE(problems[0].message.contains(test.said)) << problems[0].message;
  }
}

}  // namespace
}  // namespace sluice::rules
