// The Basic scheme: RFC 7617 §2, RFC 4648 §3.5 and §4.
#include "http/basic_credentials.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/random.h"

namespace sluice::http {
namespace {

using std::string_view_literals::operator""sv;

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (size_t j = 0; j < 4; ++j) {
      text += i + j > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * j) & 63];
    }
  }
  return text;
}

// "user|password", or "refused".
std::string read(std::string_view authorization, size_t capacity = kMaxCredentialBytes) {
  std::string out(capacity, '#');
  const auto credentials = parse_basic_credentials(authorization, out);
  if (!credentials) return "refused";
  return std::string(credentials->user) + "|" + std::string(credentials->password);
}

TEST(BasicCredentials, AreDecoded) {
  const struct {
    std::string_view authorization;
    std::string_view expected;
  } cases[] = {
      {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin|open sesame"},
      {"Basic dGVzdDoxMjPCow==", "test|123\xc2\xa3"},
      {"basic YTpi", "a|b"},
      {"BASIC YTpi", "a|b"},
      {"Basic   YTpi", "a|b"},
      {" \tBasic YTpi \t", "a|b"},
      {"Basic YTpiOmM=", "a|b:c"},
      {"Basic YTo6", "a|:"},
      {"Basic YTo=", "a|"},
      {"Basic OmI=", "|b"},
      {"Basic Og==", "|"},
      {"Basic YSBiOmMgZA==", "a b|c d"},
      {"Basic Oj4+Pj8/Pw==", "|>>>???"},
  };
  for (const auto& [authorization, expected] : cases) {
    EXPECT_EQ(read(authorization), expected) << authorization;
  }
}

TEST(BasicCredentials, AreRefused) {
  for (const std::string_view authorization :
       {""sv, "Basic"sv, "Basic "sv, "BasicYTpi"sv, "Basic\tYTpi"sv, "Bearer YTpi"sv, "YTpi"sv,
        "Digest username=\"a\""sv, "Basi YTpi"sv,
        // No colon.
        "Basic YQ=="sv, "Basic YWJj"sv,
        // Padding: missing, too little, too much, in the middle, alone.
        "Basic YTo"sv, "Basic Og"sv, "Basic Og="sv, "Basic Og==="sv, "Basic YTpi="sv,
        "Basic YTpi===="sv, "Basic YTpi=="sv, "Basic Og==YTpi"sv, "Basic YTo=YTpi"sv,
        "Basic ===="sv, "Basic ="sv, "Basic Y==="sv, "Basic YTpiA==="sv, "Basic OmI=="sv,
        // Bits left over that are not zero.
        "Basic Oh=="sv, "Basic Oj=="sv, "Basic YTp="sv, "Basic OmJ="sv,
        // Characters outside the alphabet, among them those of base64url.
        "Basic YT pi"sv, "Basic YTpi YTpi"sv, "Basic YTp\x80"sv, "Basic YT-i"sv, "Basic YT_i"sv,
        "Basic YTpi,"sv, "Basic YTpi, realm"sv, "Basic \"YTpi\""sv, "Basic YT\0i"sv,
        "Basic a:b"sv}) {
    EXPECT_EQ(read(authorization), "refused") << authorization;
  }
}

TEST(BasicCredentials, HoldNoControlCharacter) {
  for (int c = 0; c < 256; ++c) {
    const std::string byte(1, static_cast<char>(c));
    const bool control = c < 0x20 || c == 0x7f;
    const bool colon = c == ':';
    EXPECT_EQ(read("Basic " + base64("a" + byte + "b:p")),
              control ? "refused" : (colon ? "a|b:p" : "a" + byte + "b|p"))
        << c;
    EXPECT_EQ(read("Basic " + base64("a:p" + byte)), control ? "refused" : "a|p" + byte) << c;
  }
}

TEST(BasicCredentials, FitOrAreRefused) {
  for (size_t size = 1; size < 20; ++size) {
    const std::string decoded = ":" + std::string(size - 1, 'x');
    EXPECT_EQ(read("Basic " + base64(decoded), size), "|" + decoded.substr(1));
    EXPECT_EQ(read("Basic " + base64(decoded), size - 1), "refused");
  }
  const std::string longest = "a:" + std::string(kMaxCredentialBytes - 2, 'x');
  EXPECT_EQ(read("Basic " + base64(longest)), "a|" + longest.substr(2));
  EXPECT_EQ(read("Basic " + base64(longest + "x"), kMaxCredentialBytes + 1), "refused");
  EXPECT_EQ(read("Basic " + std::string(100'000, 'A')), "refused");
}

TEST(BasicCredentials, AreViewsIntoTheBuffer) {
  char out[kMaxCredentialBytes];
  const auto credentials = parse_basic_credentials("Basic YTpiOmM=", out);
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->user.data(), out);
  EXPECT_EQ(credentials->password.data(), out + 2);
}

TEST(BasicCredentials, ComeBackAsTheyWereEncoded) {
  constexpr uint64_t kSeed = 23;
  testing_support::Random random(kSeed);
  for (int round = 0; round < 2000; ++round) {
    std::string user;
    for (uint64_t count = random.below(20); count > 0; --count) {
      const char c = static_cast<char>(random.between(0x20, 0xff));
      if (c != ':' && c != 0x7f) user += c;
    }
    std::string password;
    for (uint64_t count = random.below(20); count > 0; --count) {
      const char c = static_cast<char>(random.between(0x20, 0xff));
      if (c != 0x7f) password += c;
    }
    const std::string encoded = base64(user + ":" + password);
    EXPECT_EQ(read("Basic " + encoded), user + "|" + password)
        << "seed " << kSeed << ", round " << round << ": " << encoded;
  }
}

}  // namespace
}  // namespace sluice::http
