// What an operator is told, and how often.
#include "server/operator_log.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace sluice {
namespace {

class OperatorLogTest : public testing::Test {
 protected:
  // Says `message` at a time, as the server does; true if it was told.
  bool say(uint64_t now_ms, const std::string& message) {
    if (!log_.due(now_ms)) return false;
    log_.write(message);
    return true;
  }

  static constexpr uint64_t kQuietMs = OperatorLog::kQuietMs;

  std::vector<std::string> told_;
  std::function<void(std::string_view)> sink_ = [this](std::string_view line) {
    told_.emplace_back(line);
  };
  OperatorLog log_{sink_};
};

TEST_F(OperatorLogTest, TheFirstIsToldAtOnce) {
  EXPECT_TRUE(say(0, "disk on fire"));
  EXPECT_EQ(told_, std::vector<std::string>{"disk on fire"});
}

TEST_F(OperatorLogTest, TheNextIsHeldBackForAWhile) {
  say(5000, "a");
  EXPECT_FALSE(say(5000, "b"));
  EXPECT_FALSE(say(5000 + kQuietMs - 1, "c"));
  EXPECT_TRUE(say(5000 + kQuietMs, "d"));
  EXPECT_EQ(told_, (std::vector<std::string>{"a", "d (and 2 more like it)"}));
}

TEST_F(OperatorLogTest, CountsOnlyWhatWasHeldBackSinceTheLast) {
  for (int i = 0; i < 5; ++i) say(0, "a");
  say(kQuietMs, "b");
  say(2 * kQuietMs, "c");
  say(2 * kQuietMs + 1, "d");
  say(3 * kQuietMs, "e");
  EXPECT_EQ(told_, (std::vector<std::string>{"a", "b (and 4 more like it)", "c",
                                             "e (and 1 more like it)"}));
}

TEST_F(OperatorLogTest, AFloodIsAtMostOneLineEachQuietTime) {
  for (uint64_t now_ms = 0; now_ms < 10 * kQuietMs; ++now_ms) say(now_ms, "flood");
  EXPECT_EQ(told_.size(), 10u);
}

TEST_F(OperatorLogTest, WithoutASinkNothingIsDue) {
  const std::function<void(std::string_view)> nobody;
  OperatorLog log(nobody);
  EXPECT_FALSE(log.due(0));
  EXPECT_FALSE(log.due(10 * kQuietMs));
}

}  // namespace
}  // namespace sluice
