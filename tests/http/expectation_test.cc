// Expect: RFC 9110 §10.1.1.
#include "http/expectation.h"

#include <gtest/gtest.h>

#include "http/head_source.h"

namespace sluice::http {
namespace {

TEST(Expectation, IsRead) {
  using enum Expectation;
  const struct {
    std::string_view field_lines;
    Expectation expectation;
  } cases[] = {
      {"", kNone},
      {"X-Expect: 100-continue\r\n", kNone},
      {"Expect: 100-continue\r\n", kContinue},
      {"expect: 100-Continue\r\n", kContinue},
      {"EXPECT:\t100-CONTINUE \r\n", kContinue},
      {"Expect:\r\n", kNone},
      {"Expect: , ,\r\n", kNone},
      {"Expect: ,100-continue,\r\n", kContinue},
      {"Expect: 100-continue, 100-continue\r\n", kContinue},
      {"Expect: 100-continue\r\nExpect: 100-continue\r\n", kContinue},
      {"Expect:\r\nExpect: 100-continue\r\n", kContinue},
      {"Expect: 200-ok\r\n", kUnknown},
      {"Expect: 100\r\n", kUnknown},
      {"Expect: continue\r\n", kUnknown},
      {"Expect: 100 continue\r\n", kUnknown},
      {"Expect: 100-continues\r\n", kUnknown},
      {"Expect: 100-continue;q=1\r\n", kUnknown},
      {"Expect: 100-continue=x\r\n", kUnknown},
      {"Expect: \"100-continue\"\r\n", kUnknown},
      {"Expect: a=\",100-continue,\"\r\n", kUnknown},
      {"Expect: 100-continue, x\r\n", kUnknown},
      {"Expect: x, 100-continue\r\n", kUnknown},
      {"Expect: 100-continue\r\nExpect: x\r\n", kUnknown},
      {"Expect: x\r\nExpect: 100-continue\r\n", kUnknown},
  };
  for (const auto& [field_lines, expectation] : cases) {
    const HeadSource source(field_lines);
    const RequestFields fields(source.head());
    EXPECT_EQ(read_expectation(fields, 1), expectation) << field_lines;
    EXPECT_EQ(read_expectation(fields, 0), kNone) << field_lines;
  }
}

}  // namespace
}  // namespace sluice::http
