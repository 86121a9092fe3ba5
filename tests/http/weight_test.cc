// Quality values: RFC 9110 §12.4.2.
#include "http/weight.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace sluice::http {
namespace {

TEST(Weight, IsInThousandths) {
  const struct {
    std::string_view parameter;
    int weight;
  } cases[] = {
      {"q=1", 1000},   {"q=1.", 1000},   {"q=1.0", 1000}, {"q=1.00", 1000}, {"q=1.000", 1000},
      {"q=0", 0},      {"q=0.", 0},      {"q=0.0", 0},    {"q=0.000", 0},   {"q=0.5", 500},
      {"q=0.05", 50},  {"q=0.005", 5},   {"q=0.001", 1},  {"q=0.999", 999}, {"q=0.10", 100},
      {"Q=0.25", 250}, {"q=0.123", 123},
  };
  for (const auto& [parameter, weight] : cases) {
    EXPECT_EQ(parse_weight(parameter), weight) << parameter;
  }
  for (int thousandths = 0; thousandths < 1000; ++thousandths) {
    char parameter[16];
    std::snprintf(parameter, sizeof parameter, "q=0.%03d", thousandths);
    EXPECT_EQ(parse_weight(parameter), thousandths);
  }
}

TEST(Weight, IsStrict) {
  for (const std::string_view parameter : {"",        "q",        "q=",
                                           "=1",      "q=2",      "q=1.1",
                                           "q=1.001", "q=0.0000", "q=1.0000",
                                           "q=.5",    "q=00",     "q=01",
                                           "q=0,5",   "q=-0",     "q=-1",
                                           "q=+1",    "q=0.a",    "q=0.5a",
                                           "q=0x1",   "q= 1",     "q =1",
                                           "q=1 ",    " q=1",     "q=\"1\"",
                                           "p=1",     "qq=1",     "qs=0.5",
                                           "q=1e0",   "q=10",     "q=0.-1",
                                           "q=0. 5",  "q=1;q=0",  "q=nan",
                                           "q=\xff",  "q:1",      "q=0.5;a",
                                           "q=1.0.0", "q=1.00a",  "q=99999999999999999"}) {
    EXPECT_EQ(parse_weight(parameter), std::nullopt) << parameter;
  }
}

TEST(Weight, IsKnownByItsName) {
  for (const std::string_view parameter : {"q=1", "Q=1", "q=", "q=x"}) {
    EXPECT_TRUE(is_weight(parameter)) << parameter;
  }
  for (const std::string_view parameter : {"", "q", "p=1", "qs=1", " q=1", "q =1", "=q"}) {
    EXPECT_FALSE(is_weight(parameter)) << parameter;
  }
}

}  // namespace
}  // namespace sluice::http
