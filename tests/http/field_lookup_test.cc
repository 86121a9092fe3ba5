// The fields that sluice acts on, by name: RFC 9110 §5.1, §5.3.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "http/characters.h"
#include "http/head_source.h"
#include "http/request_fields.h"
#include "support/random.h"

namespace sluice::http {
namespace {

struct NamedField {
  std::string_view name;
  FieldName field;
};

constexpr auto kFields = std::to_array<NamedField>(
    {{"Host", FieldName::kHost},
     {"Range", FieldName::kRange},
     {"If-Range", FieldName::kIfRange},
     {"If-Match", FieldName::kIfMatch},
     {"If-None-Match", FieldName::kIfNoneMatch},
     {"If-Modified-Since", FieldName::kIfModifiedSince},
     {"If-Unmodified-Since", FieldName::kIfUnmodifiedSince},
     {"Accept", FieldName::kAccept},
     {"Accept-Encoding", FieldName::kAcceptEncoding},
     {"Authorization", FieldName::kAuthorization},
     {"Expect", FieldName::kExpect},
     {"Origin", FieldName::kOrigin},
     {"Access-Control-Request-Method", FieldName::kAccessControlRequestMethod},
     {"Sec-Fetch-Mode", FieldName::kSecFetchMode}});

std::vector<std::string> all_values(const RequestFields& fields, FieldName name) {
  std::vector<std::string> values;
  fields.for_each(name, [&values](std::string_view value) { values.emplace_back(value); });
  return values;
}

TEST(FieldLookup, KnowsEachNameInAnyCase) {
  ASSERT_EQ(kFields.size(), static_cast<size_t>(FieldName::kCount));
  for (const auto& [name, field] : kFields) {
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), to_lower);
    std::string upper(name);
    for (char& c : upper) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    EXPECT_EQ(recognise_field_name(name), field);
    EXPECT_EQ(recognise_field_name(lower), field);
    EXPECT_EQ(recognise_field_name(upper), field);
  }
}

TEST(FieldLookup, KnowsNothingElse) {
  for (const std::string_view name : {"",
                                      "a",
                                      "Hos",
                                      "Hosts",
                                      "Most",
                                      "Ranger",
                                      "Age",
                                      "Cookie",
                                      "Connection",
                                      "User-Agent",
                                      "Accept-Language",
                                      "Accept_Encoding",
                                      "Sec-Fetch-Site",
                                      "Sec-Fetch-Dest",
                                      "Sec-Fetch-User",
                                      "Content-Type",
                                      "Content-Length",
                                      "If-None-Match ",
                                      "If-Modified-Sinc",
                                      "Transfer-Encoding",
                                      "Referer",
                                      "Access-Control-Request-Headers",
                                      "Access-Control-Request-Methods",
                                      "H\xefst",
                                      "Expec\xd4"}) {
    EXPECT_EQ(recognise_field_name(name), FieldName::kCount) << name;
  }
  EXPECT_EQ(recognise_field_name(std::string(70'000, 'a')), FieldName::kCount);
  for (const auto& [name, field] : kFields) {
    for (size_t i = 0; i < name.size(); ++i) {
      std::string other(name);
      other[i] = '!';
      EXPECT_EQ(recognise_field_name(other), FieldName::kCount) << other;
    }
  }
}

TEST(FieldLookup, FindsNothingWhereNothingIs) {
  const HeadSource source("X-A: b\r\nCookie: c\r\n");
  const RequestFields fields(source.head());
  for (const auto& [name, field] : kFields) {
    if (field == FieldName::kHost) continue;
    EXPECT_EQ(fields.value(field), std::nullopt) << name;
    EXPECT_FALSE(fields.repeated(field)) << name;
    EXPECT_TRUE(all_values(fields, field).empty()) << name;
  }
  EXPECT_EQ(fields.value(FieldName::kHost), "a");
}

TEST(FieldLookup, FindsEachField) {
  std::string lines;
  for (const auto& [name, field] : kFields) {
    if (field == FieldName::kHost) continue;
    lines += std::string(name) + ": \t" + std::string(name) + "-value \r\nX-Between: y\r\n";
  }
  const HeadSource source(lines);
  const RequestFields fields(source.head());
  for (const auto& [name, field] : kFields) {
    std::string expected = std::string(name) + "-value";
    if (field == FieldName::kHost) expected = "a";
    EXPECT_EQ(fields.value(field), expected);
    EXPECT_FALSE(fields.repeated(field)) << name;
    EXPECT_EQ(all_values(fields, field), std::vector<std::string>{expected});
  }
}

TEST(FieldLookup, TakesTheFirstAndSaysThatThereAreMore) {
  const HeadSource source(
      "Accept: a\r\nRange: bytes=0-1\r\nX: y\r\nACCEPT:\r\nRange: bytes=2-3\r\naccept: c , d \r\n"
      "If-Match:\r\n");
  const RequestFields fields(source.head());
  EXPECT_EQ(fields.value(FieldName::kAccept), "a");
  EXPECT_TRUE(fields.repeated(FieldName::kAccept));
  EXPECT_EQ(all_values(fields, FieldName::kAccept), (std::vector<std::string>{"a", "", "c , d"}));
  EXPECT_EQ(fields.value(FieldName::kRange), "bytes=0-1");
  EXPECT_TRUE(fields.repeated(FieldName::kRange));
  EXPECT_EQ(fields.value(FieldName::kIfMatch), "");
  EXPECT_FALSE(fields.repeated(FieldName::kIfMatch));
  EXPECT_EQ(all_values(fields, FieldName::kIfMatch), std::vector<std::string>{""});
  EXPECT_FALSE(fields.repeated(FieldName::kHost));
}

TEST(FieldLookup, HoldsAHeadOfManyFields) {
  std::string lines;
  for (size_t i = 0; i < kMaxFieldCount - 2; ++i) lines += "Expect: x\r\n";
  const HeadSource source(lines + "Origin: last\r\n");
  const RequestFields fields(source.head());
  EXPECT_EQ(fields.value(FieldName::kOrigin), "last");
  EXPECT_TRUE(fields.repeated(FieldName::kExpect));
  EXPECT_EQ(all_values(fields, FieldName::kExpect).size(), kMaxFieldCount - 2);
}

// The same as asking the head for each name.
TEST(FieldLookup, AgreesWithTheHead) {
  constexpr uint64_t kSeed = 5;
  testing_support::Random random(kSeed);
  for (int round = 0; round < 500; ++round) {
    std::string lines;
    for (uint64_t count = random.below(30); count > 0; --count) {
      std::string_view name = kFields[random.below(kFields.size())].name;
      if (name == "Host" || random.chance(0.3)) name = "X-Other";
      lines += std::string(name) + ": " + std::to_string(random.below(1000)) + "\r\n";
    }
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", round " << round << ":\n" << lines);
    const HeadSource source(lines);
    const RequestHead head = source.head();
    const RequestFields fields(head);
    for (const auto& [name, field] : kFields) {
      std::vector<std::string> expected;
      for (size_t i = 0; i < head.field_count(); ++i) {
        if (head.field(i).name == name) expected.emplace_back(head.field(i).value);
      }
      ASSERT_EQ(fields.value(field), head.find(name)) << name;
      ASSERT_EQ(all_values(fields, field), expected) << name;
      ASSERT_EQ(fields.repeated(field), expected.size() > 1) << name;
    }
  }
}

}  // namespace
}  // namespace sluice::http
