// Bytes that are wrong, missing or too many are seen.
#include "transfer/arrival.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace sluice {
namespace {

constexpr size_t kBytes = 1'000'000;

Arrival arrival_of(std::string_view got, std::string_view expected, size_t piece_bytes) {
  Arrival arrival;
  for (; !got.empty(); got.remove_prefix(std::min(piece_bytes, got.size()))) {
    arrival.add(got.substr(0, piece_bytes), expected);
  }
  return arrival;
}

TEST(ArrivalTest, SaysWhichByteIsWrong) {
  const std::string expected(kBytes, 'a');
  for (const size_t piece_bytes : {kBytes, kBytes / 3}) {
    EXPECT_EQ(arrival_of(expected, expected, piece_bytes), Arrival{.bytes = kBytes});
    for (const size_t wrong : {size_t{0}, size_t{1}, size_t{262'144}, kBytes - 1}) {
      std::string got = expected;
      got[wrong] = 'b';
      EXPECT_EQ(arrival_of(got, expected, piece_bytes), (Arrival{kBytes, wrong}));
      got.back() = 'b';
      EXPECT_EQ(arrival_of(got, expected, piece_bytes), (Arrival{kBytes, wrong}));
    }
  }
}

TEST(ArrivalTest, SaysHowManyThereAre) {
  const std::string expected(kBytes, 'a');
  for (const size_t piece_bytes : {kBytes + 1, kBytes / 3}) {
    EXPECT_EQ(arrival_of(expected.substr(1), expected, piece_bytes), Arrival{.bytes = kBytes - 1});
    EXPECT_EQ(arrival_of(expected + "a", expected, piece_bytes), (Arrival{kBytes + 1, kBytes}));
    EXPECT_EQ(arrival_of("", expected, piece_bytes), Arrival{});
  }
}

}  // namespace
}  // namespace sluice
