// References to paths of this host: RFC 9110 §10.2.2, RFC 3986 §4.2.
#include "http/location.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace sluice::http {
namespace {

std::string location_of(std::string_view target) {
  TargetPath path;
  EXPECT_TRUE(parse_target(target, path)) << target;
  char out[3 * kPathCapacity];
  return {out, write_directory_location(path, out)};
}

TEST(Location, AddsTheSlash) {
  EXPECT_EQ(location_of("/"), "/");
  EXPECT_EQ(location_of("/a"), "/a/");
  EXPECT_EQ(location_of("/a/b"), "/a/b/");
  EXPECT_EQ(location_of("/a/../b/"), "/b/");
  EXPECT_EQ(location_of("http://evil.example/a"), "/a/");
}

TEST(Location, KeepsTheQueryAsItWasSent) {
  EXPECT_EQ(location_of("/a?b=c&d=%2F%zz?"), "/a/?b=c&d=%2F%zz?");
  EXPECT_EQ(location_of("/a?"), "/a/?");
  EXPECT_EQ(location_of("/?a"), "/?a");
}

TEST(Location, NeverNamesAnotherHost) {
  EXPECT_EQ(location_of("//evil.example"), "/evil.example/");
  EXPECT_EQ(location_of("///evil.example/%2f"), "/evil.example/");
  EXPECT_EQ(location_of("/%2fevil.example"), "/evil.example/");
  EXPECT_EQ(location_of("/.//evil.example"), "/evil.example/");
  EXPECT_EQ(location_of("/a/..//evil.example"), "/evil.example/");
  EXPECT_EQ(location_of("/%5cevil.example"), "/%5Cevil.example/");
  EXPECT_EQ(location_of("/%5c%5cevil.example"), "/%5C%5Cevil.example/");
  EXPECT_EQ(location_of("/%09/evil.example"), "/%09/evil.example/");
  EXPECT_EQ(location_of("/%0d%0aLocation:%20//evil"), "/%0D%0ALocation:%20/evil/");
}

TEST(Location, EscapesAllButSafeCharacters) {
  for (int c = 1; c < 256; ++c) {
    if (c == '/') {
      continue;
    }
    constexpr char kDigits[] = "0123456789ABCDEF";
    const std::string escape = {'%', kDigits[c >> 4], kDigits[c & 15]};
    const std::string_view safe =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&()*+,;=:@";
    const bool kept = safe.find(static_cast<char>(c)) != std::string_view::npos;
    EXPECT_EQ(location_of("/a" + escape),
              "/a" + (kept ? std::string(1, static_cast<char>(c)) : escape) + "/");
  }
}

// What is redirected to is what was asked for.
TEST(Location, NamesTheSamePath) {
  constexpr uint64_t kSeed = 11;
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 2000; ++round) {
    std::string target = "/";
    for (size_t count = random() % 20; count > 0; --count) {
      constexpr char kDigits[] = "0123456789abcdef";
      const auto byte = 1 + random() % 255;
      target += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
    TargetPath asked;
    if (!parse_target(target, asked)) {
      continue;
    }
    const std::string location = location_of(target);
    ASSERT_TRUE(location.starts_with('/') && !location.starts_with("//")) << location;
    TargetPath answered;
    ASSERT_TRUE(parse_target(location, answered)) << "round " << round << ": " << location;
    EXPECT_EQ(answered.path(), asked.path()) << "round " << round << ": " << location;
    EXPECT_TRUE(answered.directory_form());
  }
}

TEST(Location, IsWholeOrNothing) {
  TargetPath path;
  ASSERT_TRUE(parse_target("/a%20b?c", path));
  const std::string_view expected = "/a%20b/?c";
  for (size_t size = 0; size <= expected.size() + 1; ++size) {
    std::string out(size, '#');
    const bool fits = size >= expected.size();
    EXPECT_EQ(write_directory_location(path, out), fits ? expected.size() : 0);
    EXPECT_EQ(out.substr(0, expected.size()), fits ? expected : std::string(size, '#'));
  }
}

}  // namespace
}  // namespace sluice::http
