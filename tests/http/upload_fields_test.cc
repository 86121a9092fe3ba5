// The fields of resumable uploads: RFC 9651 §3.3, draft-ietf-httpbis-resumable-upload-12 §4.1.
#include "http/upload_fields.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/head_source.h"
#include "http/structured_field.h"

namespace sluice::http {
namespace {

TEST(StructuredFieldTest, Integers) {
  struct Case {
    std::string_view value;
    std::optional<int64_t> number;
  };
  const std::vector<Case> cases = {
      {"0", 0},
      {"42", 42},
      {"-0", 0},
      {"-17", -17},
      {"007", 7},
      {"999999999999999", kMaxStructuredInteger},
      {"-999999999999999", -kMaxStructuredInteger},
      {"1000000000000000", std::nullopt},
      {"0000000000000001", std::nullopt},
      {" 5 ", 5},
      {"5;a", 5},
      {"5; a=1;b=\"x\\\"y\";*c=?0;d=:YQ==:;e=tok/en:x;f=-1.25;g=@-7;h=%\"%c3%bc\"", 5},
      {"", std::nullopt},
      {" ", std::nullopt},
      {"-", std::nullopt},
      {"--1", std::nullopt},
      {"+1", std::nullopt},
      {"1.0", std::nullopt},
      {"1.", std::nullopt},
      {"1e3", std::nullopt},
      {"0x10", std::nullopt},
      {"1 2", std::nullopt},
      {"1,2", std::nullopt},
      {"1, 1", std::nullopt},
      {"\t1", std::nullopt},
      {"\"1\"", std::nullopt},
      {"?1", std::nullopt},
      {"(1)", std::nullopt},
      {"1;", std::nullopt},
      {"1;A", std::nullopt},
      {"1;a=", std::nullopt},
      {"1;a=\"x", std::nullopt},
      {"1;a=\"\\x\"", std::nullopt},
      {"1;a=:x", std::nullopt},
      {"1;a=?2", std::nullopt},
      {"1;a=@1.5", std::nullopt},
      {"1;a=%\"%C3\"", std::nullopt},
      {"1;a=%\"%c", std::nullopt},
      {"1;a=1.2345", std::nullopt},
      {"1;a=1234567890123.5", std::nullopt},
      {"1 ;a", std::nullopt},
  };
  for (const Case& c : cases) EXPECT_EQ(parse_integer_item(c.value), c.number) << c.value;
}

TEST(StructuredFieldTest, Booleans) {
  struct Case {
    std::string_view value;
    std::optional<bool> flag;
  };
  const std::vector<Case> cases = {
      {"?0", false},          {"?1", true},          {"?1;a=b", true},
      {" ?0", false},         {"", std::nullopt},    {"?", std::nullopt},
      {"?2", std::nullopt},   {"1", std::nullopt},   {"true", std::nullopt},
      {"?10", std::nullopt},  {"? 1", std::nullopt}, {"?1, ?1", std::nullopt},
      {"?1;;", std::nullopt}, {"??1", std::nullopt},
  };
  for (const Case& c : cases) EXPECT_EQ(parse_boolean_item(c.value), c.flag) << c.value;
}

TEST(UploadFieldsTest, AreReadInAnyCase) {
  const HeadSource source(
      "UPLOAD-COMPLETE: ?0\r\nupload-offset: 12\r\nUpload-Length: 34\r\n"
      "Upload-Draft-Interop-Version: 8\r\n");
  const UploadFields fields = read_upload_fields(source.head());
  EXPECT_EQ(fields.complete, false);
  EXPECT_EQ(fields.offset, 12U);
  EXPECT_EQ(fields.length, 34U);
  EXPECT_EQ(fields.interop_version, 8);
  EXPECT_FALSE(fields.malformed);
}

TEST(UploadFieldsTest, WhatIsNotThereIsNotMalformed) {
  const HeadSource source("Upload: ?1\r\n");
  const UploadFields fields = read_upload_fields(source.head());
  EXPECT_FALSE(fields.complete || fields.offset || fields.length || fields.malformed ||
               fields.interop_version);
}

TEST(UploadFieldsTest, WhatIsMalformedIsAsIfItWereNotThere) {
  for (const std::string line :
       {"Upload-Complete: 1\r\n", "Upload-Offset: -1\r\n", "Upload-Length: 1.5\r\n",
        "Upload-Offset: 1\r\nUpload-Offset: 1\r\n", "Upload-Complete:\r\n",
        "Upload-Draft-Interop-Version: x\r\n"}) {
    const HeadSource source(line);
    const UploadFields fields = read_upload_fields(source.head());
    EXPECT_TRUE(fields.malformed) << line;
    EXPECT_FALSE(fields.complete || fields.offset || fields.length) << line;
    EXPECT_FALSE(fields.interop_version) << line;
  }
}

TEST(UploadFieldsTest, InteroperabilityVersions) {
  for (const int64_t version : {0, 5, 6, 7, 8, 9, 88}) {
    const HeadSource source("Upload-Draft-Interop-Version: " + std::to_string(version) + "\r\n");
    const bool known = version >= 6 && version <= 8;
    EXPECT_EQ(read_upload_fields(source.head()).interop_version,
              known ? std::optional(version) : std::nullopt);
  }
}

TEST(UploadFieldsTest, MediaType) {
  for (const std::string type :
       {"application/partial-upload", "Application/Partial-Upload",
        "application/partial-upload;a=b", "application/partial-upload ; a"}) {
    const HeadSource source("Content-Type: " + type + "\r\n");
    EXPECT_TRUE(has_partial_upload_type(source.head())) << type;
  }
  for (const std::string type :
       {"", "application/partial-uploads", "text/plain", "x;application/partial-upload"}) {
    const HeadSource source("Content-Type: " + type + "\r\n");
    EXPECT_FALSE(has_partial_upload_type(source.head())) << type;
  }
}

TEST(UploadFieldsTest, Lengths) {
  constexpr auto kNone = std::nullopt;
  constexpr uint64_t kHuge = UINT64_MAX;
  struct Case {
    std::optional<bool> complete;
    std::optional<uint64_t> told;
    std::optional<uint64_t> content;
    uint64_t offset;
    std::optional<uint64_t> known;
    std::optional<uint64_t> length;
    bool inconsistent;
  };
  const std::vector<Case> cases = {
      {false, kNone, 10, 0, kNone, kNone, false},  // nothing is known yet
      {false, 30, 10, 0, kNone, 30, false},         {true, kNone, 10, 5, kNone, 15, false},
      {true, kNone, kNone, 5, kNone, kNone, false},  // in chunks
      {true, 15, 10, 5, kNone, 15, false},          {true, 15, 10, 5, 15, 15, false},
      {false, kNone, 10, 5, 15, 15, false},         {true, 16, 10, 5, kNone, 15, true},
      {true, kNone, 10, 5, 16, 15, true},           {false, 20, 1, 0, 21, 20, true},
      {false, 10, 11, 0, kNone, 10, true},   // more than there is to be
      {false, kNone, 6, 5, 10, 10, true},    // the same, told before
      {false, 4, kNone, 5, kNone, 4, true},  // less than there is already
      {true, kNone, kHuge, 1, kNone, kHuge, true},  {true, kNone, 0, 7, 7, 7, false},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    const Case& c = cases[i];
    UploadFields fields;
    fields.complete = c.complete;
    fields.length = c.told;
    const UploadLength result = upload_length(fields, c.content, c.offset, c.known);
    EXPECT_EQ(result.inconsistent, c.inconsistent) << i;
    if (!c.inconsistent) {
      EXPECT_EQ(result.length, c.length) << i;
    }
  }
}

}  // namespace
}  // namespace sluice::http
