#include "cli/nearest_name.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::cli {
namespace {

constexpr std::string_view kKnown[] = {"index", "listing", "hidden_files", "to", "from", "prefix"};

struct NameCase {
  std::string_view name;
  std::string_view nearest;  // empty: none
};

TEST(NearestNameTest, IsFoundUpToAThirdOfItsLetters) {
  const NameCase cases[] = {
      {"index", "index"},
      {"idnex", "index"},   // two neighbours swapped
      {"inde", "index"},    // one left out
      {"indexx", "index"},  // one too many
      {"imdex", "index"},   // another
      {"INDEX", "index"},
      {"Listing", "listing"},
      {"lsitign", "listing"},
      {"hidden-files", "hidden_files"},
      {"hiddenFiles", "hidden_files"},
      {"hidden_fil", "hidden_files"},
      {"form", "from"},
      {"t", "to"},
      {"too", "to"},
      {"prefixes", "prefix"},
      // Too far away.
      {"", ""},
      {"x", ""},
      {"on", ""},
      {"indoors", ""},
      {"hidden", ""},
      {"frobnicate", ""},
  };
  for (const auto& [name, nearest] : cases) {
    EXPECT_EQ(nearest_name(name, kKnown), nearest) << name;
  }
}

TEST(NearestNameTest, IsTheFirstOfThoseEquallyNear) {
  constexpr std::string_view kPair[] = {"bat", "cat"};
  EXPECT_EQ(nearest_name("rat", kPair), "bat");
  EXPECT_EQ(nearest_name("cats", kPair), "cat");
}

TEST(NearestNameTest, IsNotLookedForBehindAVeryLongName) {
  const std::string name(100'000, 'a');
  const std::string_view known[] = {name};
  EXPECT_EQ(nearest_name(name, known), "");
  EXPECT_EQ(nearest_name("a", {}), "");
}

}  // namespace
}  // namespace sluice::cli
