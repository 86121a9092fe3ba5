// Negotiation of content codings: RFC 9110 §12.5.3, §12.4.2.
#include "http/accept_encoding.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "http/head_source.h"
#include "support/random.h"

namespace sluice::http {
namespace {

using enum Coding;

constexpr CodingSet kAll = {kIdentity, kGzip, kBrotli, kZstd};

EncodingPreferences preferences_of(std::string_view value) {
  EncodingPreferences preferences;
  preferences.add(value);
  return preferences;
}

struct EncodingCase {
  std::string_view value;
  // In the order of Coding: identity, gzip, br, zstd.
  std::array<int, kCodingCount> qualities;
  std::optional<Coding> best;  // of all
};

class EncodingTest : public testing::TestWithParam<EncodingCase> {};

TEST_P(EncodingTest, IsWeighed) {
  const EncodingPreferences preferences = preferences_of(GetParam().value);
  for (const Coding coding : {kIdentity, kGzip, kBrotli, kZstd}) {
    const auto i = static_cast<size_t>(coding);
    EXPECT_EQ(preferences.quality(coding), GetParam().qualities[i])
        << GetParam().value << ", " << i;
  }
  EXPECT_EQ(preferences.best_of(kAll), GetParam().best) << GetParam().value;
}

// Identity that nobody speaks of is acceptable, but less than what is named.
INSTANTIATE_TEST_SUITE_P(
    Named, EncodingTest,
    testing::Values(
        EncodingCase{"gzip", {1, 1000, 0, 0}, kGzip}, EncodingCase{"br", {1, 0, 1000, 0}, kBrotli},
        EncodingCase{"zstd", {1, 0, 0, 1000}, kZstd}, EncodingCase{"GZip", {1, 1000, 0, 0}, kGzip},
        EncodingCase{"x-gzip", {1, 1000, 0, 0}, kGzip},
        EncodingCase{"X-GZIP;q=0.3", {1, 300, 0, 0}, kGzip},
        EncodingCase{"gzip, deflate, br, zstd", {1, 1000, 1000, 1000}, kBrotli},
        EncodingCase{"gzip, zstd", {1, 1000, 0, 1000}, kZstd},
        EncodingCase{"gzip;q=0.001", {1, 1, 0, 0}, kGzip},
        EncodingCase{"deflate", {1, 0, 0, 0}, kIdentity},
        EncodingCase{"compress, x-compress", {1, 0, 0, 0}, kIdentity},
        EncodingCase{"gzip;q=0.5,br;q=0.4", {1, 500, 400, 0}, kGzip},
        EncodingCase{"gzip ; Q=0.5 ,\tbr;\tq=1.000", {1, 500, 1000, 0}, kBrotli},
        EncodingCase{",,gzip,,", {1, 1000, 0, 0}, kGzip},
        EncodingCase{"gzip;q=0", {1, 0, 0, 0}, kIdentity},
        EncodingCase{"", {1, 0, 0, 0}, kIdentity}, EncodingCase{" , ", {1, 0, 0, 0}, kIdentity}));

INSTANTIATE_TEST_SUITE_P(
    Identity, EncodingTest,
    testing::Values(EncodingCase{"identity", {1000, 0, 0, 0}, kIdentity},
                    EncodingCase{"IDENTITY;q=0.5, gzip", {500, 1000, 0, 0}, kGzip},
                    EncodingCase{"identity, gzip;q=0.5", {1000, 500, 0, 0}, kIdentity},
                    EncodingCase{"identity, gzip", {1000, 1000, 0, 0}, kGzip},
                    EncodingCase{"identity;q=0", {0, 0, 0, 0}, std::nullopt},
                    EncodingCase{"identity;q=0.0, gzip", {0, 1000, 0, 0}, kGzip},
                    EncodingCase{"*;q=0", {0, 0, 0, 0}, std::nullopt},
                    EncodingCase{"*;q=0, gzip", {0, 1000, 0, 0}, kGzip},
                    EncodingCase{"identity;q=0.2, *;q=0", {200, 0, 0, 0}, kIdentity},
                    EncodingCase{"*;q=0, identity;q=0.001", {1, 0, 0, 0}, kIdentity},
                    EncodingCase{"identity;q=0, *", {0, 1000, 1000, 1000}, kBrotli}));

INSTANTIATE_TEST_SUITE_P(
    Any, EncodingTest,
    testing::Values(EncodingCase{"*", {1000, 1000, 1000, 1000}, kBrotli},
                    EncodingCase{"*;q=0.5", {500, 500, 500, 500}, kBrotli},
                    EncodingCase{"gzip, *;q=0.1", {100, 1000, 100, 100}, kGzip},
                    EncodingCase{"br;q=0, *", {1000, 1000, 0, 1000}, kZstd},
                    EncodingCase{"gzip;q=1.0, identity; q=0.5, *;q=0", {500, 1000, 0, 0}, kGzip},
                    EncodingCase{"compress;q=0.5, gzip;q=1.0", {1, 1000, 0, 0}, kGzip}));

// What is malformed says nothing; what stands beside it still counts.
INSTANTIATE_TEST_SUITE_P(
    Malformed, EncodingTest,
    testing::Values(EncodingCase{"gzip;q=2", {1, 0, 0, 0}, kIdentity},
                    EncodingCase{"gzip;q=0.1234, br;q=0.2", {1, 0, 200, 0}, kBrotli},
                    EncodingCase{"gzip;", {1, 0, 0, 0}, kIdentity},
                    EncodingCase{"gzip;q", {1, 0, 0, 0}, kIdentity},
                    EncodingCase{"gzip;q=", {1, 0, 0, 0}, kIdentity},
                    EncodingCase{"gzip;level=9", {1, 0, 0, 0}, kIdentity},
                    EncodingCase{"gzip;q=1;q=0", {1, 0, 0, 0}, kIdentity},
                    EncodingCase{"gzip;q=0.5;a=b", {1, 0, 0, 0}, kIdentity},
                    EncodingCase{"gzip q=0.5", {1, 0, 0, 0}, kIdentity},
                    EncodingCase{"gzip br", {1, 0, 0, 0}, kIdentity},
                    EncodingCase{"gzip;q = 0.5", {1, 0, 0, 0}, kIdentity},
                    EncodingCase{";q=1", {1, 0, 0, 0}, kIdentity},
                    EncodingCase{"\"gzip\"", {1, 0, 0, 0}, kIdentity},
                    EncodingCase{"\"a,gzip", {1, 0, 0, 0}, kIdentity},
                    EncodingCase{"identity;q=00", {1, 0, 0, 0}, kIdentity},
                    EncodingCase{"**, *gzip", {1, 0, 0, 0}, kIdentity},
                    EncodingCase{"gzi, gzipp, bro, b, zst", {1, 0, 0, 0}, kIdentity},
                    EncodingCase{"*;q=x", {1, 0, 0, 0}, kIdentity}));

INSTANTIATE_TEST_SUITE_P(
    Repeated, EncodingTest,
    testing::Values(EncodingCase{"gzip;q=0.2, gzip;q=0.7", {1, 700, 0, 0}, kGzip},
                    EncodingCase{"gzip;q=0.7, gzip;q=0.2", {1, 700, 0, 0}, kGzip},
                    EncodingCase{"gzip;q=0, x-gzip;q=0.1", {1, 100, 0, 0}, kGzip},
                    EncodingCase{"*;q=0, *;q=0.1", {100, 100, 100, 100}, kBrotli},
                    EncodingCase{"br;q=0.1, br;q=9", {1, 0, 100, 0}, kBrotli}));

TEST(EncodingPreferences, OfARequestWithoutTheFieldAreForIdentity) {
  const EncodingPreferences preferences;
  for (const Coding coding : {kIdentity, kGzip, kBrotli, kZstd}) {
    EXPECT_EQ(preferences.quality(coding), 1000);
  }
  EXPECT_EQ(preferences.best_of(kAll), kIdentity);
  EXPECT_EQ(preferences.best_of({kIdentity, kGzip}), kIdentity);
  EXPECT_EQ(preferences.best_of({kGzip}), kGzip);
  EXPECT_EQ(preferences.best_of({}), std::nullopt);
}

TEST(EncodingPreferences, ChooseOfWhatThereIs) {
  const EncodingPreferences preferences = preferences_of("zstd, br;q=0.9, gzip;q=0.8");
  EXPECT_EQ(preferences.best_of(kAll), kZstd);
  EXPECT_EQ(preferences.best_of({kIdentity, kGzip, kBrotli}), kBrotli);
  EXPECT_EQ(preferences.best_of({kGzip, kIdentity}), kGzip);
  EXPECT_EQ(preferences.best_of({kIdentity}), kIdentity);
  EXPECT_EQ(preferences.best_of({}), std::nullopt);
  EXPECT_EQ(preferences_of("br").best_of({kGzip, kZstd}), std::nullopt);
  EXPECT_EQ(preferences_of("br, identity;q=0").best_of({kIdentity, kGzip}), std::nullopt);
}

TEST(EncodingPreferences, AreThoseOfAllLines) {
  const struct {
    std::string_view field_lines;
    Coding best;
  } cases[] = {
      {"", kIdentity},
      {"Accept: gzip\r\n", kIdentity},
      {"Accept-Encoding:\r\n", kIdentity},
      {"Accept-Encoding: gzip\r\n", kGzip},
      {"accept-encoding: gzip;q=0.5\r\nX: y\r\nAccept-Encoding: br;q=0.4\r\n", kGzip},
      {"Accept-Encoding: gzip;q=0.5\r\nAccept-Encoding: br;q=0.6, zstd;q=0.1\r\n", kBrotli},
      {"Accept-Encoding:\r\nAccept-Encoding: zstd\r\n", kZstd},
  };
  for (const auto& [field_lines, best] : cases) {
    const HeadSource source(field_lines);
    const EncodingPreferences preferences{RequestFields(source.head())};
    EXPECT_EQ(preferences.best_of(kAll), best) << field_lines;
  }
}

TEST(CodingSet, HoldsWhatWasAdded) {
  CodingSet set{};
  EXPECT_FALSE(set.contains(kIdentity));
  set.add(kZstd);
  set.add(kZstd);
  EXPECT_TRUE(set.contains(kZstd));
  for (const Coding coding : {kIdentity, kGzip, kBrotli}) {
    EXPECT_FALSE(set.contains(coding));
  }
}

// Whatever a client sends, what is chosen is available, acceptable, and no worse than the others;
// the order of the elements does not matter.
TEST(EncodingPreferences, AlwaysChooseTheBest) {
  constexpr uint64_t kSeed = 17;
  testing_support::Random random(kSeed);
  int chosen = 0;
  for (int round = 0; round < 5000; ++round) {
    std::vector<std::string> elements;
    for (uint64_t count = random.below(6); count > 0; --count) {
      std::string element = random.pick<const char*>(
          {"gzip", "br", "zstd", "identity", "*", "x-gzip", "deflate", "", "\"gzip\""});
      element += random.pick<const char*>({"", ";q=0", ";q=1", ";q=0.5", "; q=0.123", ";q=7", ";"});
      elements.push_back(element);
    }
    std::string forwards;
    std::string backwards;
    for (const std::string& element : elements) {
      forwards += element + ",";
      backwards = element + "," + backwards;
    }
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", round " << round << ": " << forwards);
    CodingSet available{};
    for (const Coding coding : {kIdentity, kGzip, kBrotli, kZstd}) {
      if (random.chance(0.6)) available.add(coding);
    }
    const EncodingPreferences preferences = preferences_of(forwards);
    const std::optional<Coding> best = preferences.best_of(available);
    ASSERT_EQ(best, preferences_of(backwards).best_of(available));
    for (const Coding coding : {kIdentity, kGzip, kBrotli, kZstd}) {
      const int quality = preferences.quality(coding);
      ASSERT_GE(quality, 0);
      ASSERT_LE(quality, 1000);
      if (!available.contains(coding)) continue;
      ASSERT_LE(quality, best ? preferences.quality(*best) : 0);
    }
    if (!best) continue;
    ++chosen;
    ASSERT_TRUE(available.contains(*best));
    ASSERT_GT(preferences.quality(*best), 0);
  }
  EXPECT_GT(chosen, 1000);
}

}  // namespace
}  // namespace sluice::http
